import type { KeycloakClient } from 'agentyard/contract';
import type { Step } from './change.js';
import { atLeast, differing } from './difference.js';
import type { FoundClient } from './found.js';
import { isOwned, ownerOf, unmarked } from './ownership.js';

type Attributes = Readonly<Record<string, string>>;

/** Attributes that Keycloak sets by itself. */
const OWN_ATTRIBUTES =
  /^(realm_client|client\.secret\.(creation|expiration)\.time|backchannel\.logout\.(session\.required|revoke\.offline\.tokens))$/;

/** What of a client has resources of its own. */
type Parts = 'attributes' | 'defaultClientScopes' | 'optionalClientScopes' | 'protocolMappers';

/** Makes the clients that are missing, but for Keycloak's own, and brings the others into line. */
export function planClients(desired: readonly KeycloakClient[], found: readonly FoundClient[]): Step[] {
  return desired.flatMap((client): Step[] => {
    const present = found.find(({ clientId }) => clientId === client.clientId);
    const what = `client ${client.clientId}`;
    if (present !== undefined) return planClient(what, client, present);
    if (ownerOf(client) === undefined) return [];
    return [{ kind: 'created', what, method: 'POST', path: '/clients', body: client }];
  });
}

function planClient(what: string, client: KeycloakClient, present: FoundClient): Step[] {
  const exact = isOwned(client, present);
  const own = exact ? exactly(client, present) : atLeast(sayingOf(client, present), present);
  const attributes = changedAttributes(client, present, exact);
  const changes = { ...differing(own, { authorizationServicesEnabled: false, ...present }), ...attributes };
  if (Object.keys(changes).length === 0) return [];
  const body = { ...withoutParts(present), ...own, attributes: { ...present.attributes, ...attributes } };
  return [{ kind: 'changed', what, method: 'PUT', path: `/clients/${present.id}`, body }];
}

/** What leads people or Keycloak elsewhere is closed. An entry that is sent empty is removed. */
function exactly(client: KeycloakClient, { authenticationFlowBindingOverrides: overrides = {} }: FoundClient) {
  return {
    rootUrl: '',
    baseUrl: '',
    adminUrl: '',
    authorizationServicesEnabled: false,
    authenticationFlowBindingOverrides: Object.fromEntries(Object.keys(overrides).map((flow) => [flow, ''])),
    ...withoutParts(client),
  };
}

/** One of Keycloak's own that somebody has switched off stays so. */
function sayingOf(client: KeycloakClient, { enabled = true }: FoundClient) {
  const own = withoutParts(client);
  return ownerOf(client) === undefined ? { ...own, enabled } : own;
}

function withoutParts<T extends { readonly [K in Parts]?: unknown }>(client: T): Omit<T, Parts> {
  const {
    attributes: _attributes,
    defaultClientScopes: _defaultClientScopes,
    optionalClientScopes: _optionalClientScopes,
    protocolMappers: _protocolMappers,
    ...own
  } = client;
  return own;
}

/** Attributes to set, and with an empty text those to remove: one by hand could make tokens live longer. */
function changedAttributes(client: KeycloakClient, found: FoundClient, exact: boolean): Partial<Attributes> {
  const present = found.attributes ?? {};
  if (!exact) return differing(unmarked(client.attributes), present);
  const foreign = Object.keys(present).filter((key) => !(key in client.attributes) && !OWN_ATTRIBUTES.test(key));
  return { ...differing(client.attributes, present), ...Object.fromEntries(foreign.map((key) => [key, ''])) };
}
