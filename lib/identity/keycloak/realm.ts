import {
  OWNERSHIP_ATTRIBUTE,
  REGISTRATION_POLICY,
  type KeycloakClient,
  type KeycloakClientScope,
  type KeycloakRealmRepresentation,
  type KeycloakRole,
  type RealmOwnership,
} from '../../contract';
import { builtInScopes, gatewayScope } from './client-scopes';
import { EVERY_USER, ownParts } from './own-clients';
import { person, publicClient, serviceAccount, serviceClient } from './clients';
import type { RealmSpec, RoleSpec } from './realm-spec';
import { registeredClients } from './registered-clients';
import { registrationPolicies } from './registration';
import { REALM_SETTINGS } from './settings';

/**
 * The realm as Keycloak imports it. The order of the program does not matter, and nothing in it is generated; secrets
 * are variables that Keycloak fills in.
 */
export function realmRepresentation(spec: RealmSpec): KeycloakRealmRepresentation {
  const clientScopes = scopesOf(spec);
  const optional = spec.gateways.map(({ scope }) => scope).sort();
  const always = clientScopes.map(({ name }) => name).filter((name) => !optional.includes(name));
  const own = ownParts(spec.name, always);
  const clients = [
    ...spec.clients.map((client) => publicClient(client, { always, optional })),
    ...spec.serviceClients.map((client) => serviceClient(spec.name, client, { always, optional })),
  ].sort((a, b) => order(a.clientId, b.clientId));
  const roles = [...spec.roles].sort((a, b) => order(a.name, b.name)).map(roleOf);
  const mapped = [EVERY_USER, ...roles.map(({ name }) => name)].sort();
  return {
    realm: spec.name,
    displayName: spec.displayName,
    ...REALM_SETTINGS,
    eventsListeners: [...REALM_SETTINGS.eventsListeners],
    accessTokenLifespan: spec.accessTokenSeconds,
    roles: { realm: [...own.realmRoles, ...roles], client: own.clientRoles },
    defaultRole: own.defaultRole,
    clientScopes,
    defaultDefaultClientScopes: always,
    defaultOptionalClientScopes: optional,
    scopeMappings: optional.map((clientScope) => ({ clientScope, roles: mapped })),
    clientScopeMappings: own.clientScopeMappings,
    clients: [...own.clients, ...clients],
    users: usersOf(spec),
    components: { [REGISTRATION_POLICY]: registrationPolicies(spec.registration) },
    ...registeredClients(spec.registration),
    attributes: { [OWNERSHIP_ATTRIBUTE]: JSON.stringify(ownership(clients, clientScopes, mapped)) },
  };
}

function scopesOf({ gateways }: RealmSpec) {
  const scopes = [...builtInScopes(), ...gateways.map(({ scope, audience }) => gatewayScope(scope, audience))];
  return scopes.sort((a, b) => order(a.name, b.name));
}

function roleOf({ name, description, includes }: RoleSpec): KeycloakRole {
  if (includes.length === 0) return { name, description, composite: false };
  return { name, description, composite: true, composites: { realm: [...includes].sort() } };
}

function usersOf({ name, serviceClients, users }: RealmSpec) {
  const all = [
    ...serviceClients.map((client) => serviceAccount(name, client)),
    ...users.map((user) => person(name, user)),
  ];
  return all.sort((a, b) => order(a.username, b.username));
}

/** Keycloak's own clients and roles stay, whatever becomes of the program. */
function ownership(
  clients: readonly KeycloakClient[],
  clientScopes: readonly KeycloakClientScope[],
  roles: readonly string[],
): RealmOwnership {
  return {
    clients: clients.map(({ clientId }) => clientId),
    clientScopes: clientScopes.map(({ name }) => name),
    roles: [...roles],
  };
}

const order = (a: string, b: string) => (a < b ? -1 : 1);
