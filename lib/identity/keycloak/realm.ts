import {
  EVERY_PROGRAM,
  OWNER_ATTRIBUTE,
  REGISTRATION_POLICY,
  type KeycloakClient,
  type KeycloakClientScope,
  type KeycloakRealmRepresentation,
  type KeycloakRole,
} from '../../contract';
import { builtInScopes, gatewayScope, targetScope } from './client-scopes';
import { EVERY_USER, ownParts } from './own-clients';
import {
  exchangeClient,
  introspectionClient,
  person,
  publicClient,
  serviceAccount,
  serviceClient,
  targetClient,
} from './clients';
import type { GatewaySpec, RealmSpec, RoleSpec } from './realm-spec';
import { registeredClients } from './registered-clients';
import { registrationPolicies } from './registration';
import { REALM_SETTINGS } from './settings';

/**
 * The realm as Keycloak imports it. The order of the program does not matter, and nothing in it is generated; secrets
 * are variables that Keycloak fills in. What the program makes is marked as its own; Keycloak's own clients and roles are
 * not, and stay whatever becomes of the program.
 */
export function realmRepresentation(spec: RealmSpec): KeycloakRealmRepresentation {
  const clientScopes = scopesOf(spec);
  const optional = spec.gateways.map(({ scope }) => scope).sort();
  const always = builtInScopes()
    .map(({ name }) => name)
    .sort();
  const own = ownParts(spec.name, always);
  const clients = [
    ...spec.clients.map((client) => publicClient(client, { always, optional })),
    ...spec.serviceClients.map((client) => serviceClient(spec.name, client, { always, optional })),
    ...clientsOfGateways(spec),
  ].sort((a, b) => order(a.clientId, b.clientId));
  const roles = [...spec.roles].sort((a, b) => order(a.name, b.name)).map((role) => roleOf(role, spec.owner));
  const mapped = [EVERY_USER, ...roles.map(({ name }) => name)].sort();
  return {
    realm: spec.name,
    ...(spec.displayName !== undefined && { displayName: spec.displayName }),
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
    clients: [...own.clients, ...clients.map((client) => marked(client, spec.owner))],
    users: usersOf(spec),
    components: { [REGISTRATION_POLICY]: registrationPolicies(spec.registration) },
    ...registeredClients(spec.registration),
  };
}

/** What gateways are to Keycloak, and what stands for the servers that they get tokens for. */
function clientsOfGateways({ name, gateways, clients, serviceClients }: RealmSpec): KeycloakClient[] {
  const known = new Set([...clients, ...serviceClients].map(({ clientId }) => clientId));
  return [
    ...gateways.filter(({ introspectionSecret }) => introspectionSecret).map((each) => introspectionClient(name, each)),
    ...gateways.flatMap(({ exchange }) => (exchange === undefined ? [] : exchangeClient(name, exchange))),
    ...targetsOf(gateways)
      .filter((clientId) => !known.has(clientId))
      .map(targetClient),
  ];
}

function targetsOf(gateways: readonly GatewaySpec[]): string[] {
  return [...new Set(gateways.flatMap(({ exchange }) => exchange?.audiences ?? []))];
}

function scopesOf({ gateways, owner }: RealmSpec): KeycloakClientScope[] {
  const scopes = [
    ...builtInScopes().map((scope) => marked(scope, EVERY_PROGRAM)),
    ...gateways.map((gateway) => marked(gatewayScope(gateway), owner)),
    ...targetsOf(gateways).map((clientId) => marked(targetScope(clientId), owner)),
  ];
  return scopes.sort((a, b) => order(a.name, b.name));
}

function roleOf({ name, description, includes }: RoleSpec, owner: string): KeycloakRole {
  const role = { name, description, attributes: { [OWNER_ATTRIBUTE]: [owner] } };
  if (includes.length === 0) return { ...role, composite: false };
  return { ...role, composite: true, composites: { realm: [...includes].sort() } };
}

function marked<T extends { readonly attributes: Readonly<Record<string, string>> }>(thing: T, owner: string): T {
  return { ...thing, attributes: { ...thing.attributes, [OWNER_ATTRIBUTE]: owner } };
}

function usersOf({ name, serviceClients, users }: RealmSpec) {
  const all = [
    ...serviceClients.map((client) => serviceAccount(name, client)),
    ...users.map((user) => person(name, user)),
  ];
  return all.sort((a, b) => order(a.username, b.username));
}

const order = (a: string, b: string) => (a < b ? -1 : 1);
