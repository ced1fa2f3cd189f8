import type { KeycloakClient } from 'agentyard/contract';
import type { Step } from './change.js';
import { differing } from './difference.js';
import type { FoundClient } from './found.js';

type Attributes = Readonly<Record<string, string>>;

/** Attributes that Keycloak sets by itself. */
const OWN_ATTRIBUTES =
  /^(realm_client|client\.secret\..+|backchannel\.logout\.(session\.required|revoke\.offline\.tokens))$/;

/** What of a client has resources of its own. */
type Parts = 'attributes' | 'defaultClientScopes' | 'optionalClientScopes' | 'protocolMappers';

/** Makes the clients that are missing, and brings the others into line. @param owned those of the program */
export function planClients(
  desired: readonly KeycloakClient[],
  found: readonly FoundClient[],
  owned: readonly string[],
): Step[] {
  return desired.flatMap((client): Step[] => {
    const present = found.find(({ clientId }) => clientId === client.clientId);
    const what = `client ${client.clientId}`;
    if (present === undefined) return [{ kind: 'created', what, method: 'POST', path: '/clients', body: client }];
    const own = withoutParts(client);
    const attributes = changedAttributes(client.attributes, present.attributes, owned.includes(client.clientId));
    if (Object.keys({ ...differing(own, present), ...attributes }).length === 0) return [];
    const body = { ...withoutParts(present), ...own, attributes: { ...present.attributes, ...attributes } };
    return [{ kind: 'changed', what, method: 'PUT', path: `/clients/${present.id}`, body }];
  });
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
function changedAttributes(desired: Attributes, present: Attributes = {}, exact: boolean): Partial<Attributes> {
  const foreign = Object.keys(present).filter((key) => exact && !(key in desired) && !OWN_ATTRIBUTES.test(key));
  return { ...differing(desired, present), ...Object.fromEntries(foreign.map((key) => [key, ''])) };
}
