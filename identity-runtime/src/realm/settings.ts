import { OWNERSHIP_ATTRIBUTE, type KeycloakRealmRepresentation, type RealmOwnership } from 'agentyard/contract';
import type { Step } from './change.js';
import { differing } from './difference.js';
import { ownershipIn, ownershipText } from './ownership.js';

/** A realm as Keycloak knows it: its settings, and the ids of what belongs to it. */
export interface FoundRealm {
  readonly id: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly defaultRole?: { readonly id: string; readonly name: string };
}

/** Parts of a realm that have resources of their own. */
type Parts =
  | 'attributes'
  | 'clientPolicies'
  | 'clientProfiles'
  | 'clientScopeMappings'
  | 'clientScopes'
  | 'clients'
  | 'components'
  | 'defaultDefaultClientScopes'
  | 'defaultOptionalClientScopes'
  | 'defaultRole'
  | 'roles'
  | 'scopeMappings'
  | 'users';

/** Brings the settings of the realm itself into line. */
export function planSettings(desired: KeycloakRealmRepresentation, found: FoundRealm): Step[] {
  const changes = differing(settingsOf(desired), found);
  if (Object.keys(changes).length === 0) return [];
  return [
    {
      kind: 'changed',
      what: `settings ${Object.keys(changes).sort().join(', ')}`,
      method: 'PUT',
      path: '',
      body: changes,
    },
  ];
}

/** Notes what is the program's. All attributes go along, since those that are left out would be removed. */
export function planOwnership(ownership: RealmOwnership, found: FoundRealm): Step[] {
  const text = ownershipText(ownership);
  if (text === ownershipText(ownershipIn(found.attributes))) return [];
  const attributes = { ...found.attributes, [OWNERSHIP_ATTRIBUTE]: text };
  return [
    { kind: 'changed', what: 'list of what the program has made', method: 'PUT', path: '', body: { attributes } },
  ];
}

function settingsOf(realm: KeycloakRealmRepresentation): Omit<KeycloakRealmRepresentation, Parts> {
  const {
    attributes: _attributes,
    clientPolicies: _clientPolicies,
    clientProfiles: _clientProfiles,
    clientScopeMappings: _clientScopeMappings,
    clientScopes: _clientScopes,
    clients: _clients,
    components: _components,
    defaultDefaultClientScopes: _defaultDefaultClientScopes,
    defaultOptionalClientScopes: _defaultOptionalClientScopes,
    defaultRole: _defaultRole,
    roles: _roles,
    scopeMappings: _scopeMappings,
    users: _users,
    ...settings
  } = realm;
  return settings;
}
