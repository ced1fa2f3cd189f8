import type { KeycloakClient } from '../../contract';

/** Client scopes of a client: those that its tokens always have, and those that it may ask for. */
export interface ScopesOfClients {
  readonly always: readonly string[];
  readonly optional: readonly string[];
}

/** What all clients have in common. */
export function clientOf(clientId: string, name: string, description: string, scopes: ScopesOfClients) {
  return {
    clientId,
    name,
    description,
    protocol: 'openid-connect',
    enabled: true,
    bearerOnly: false,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    fullScopeAllowed: false,
    frontchannelLogout: false,
    defaultClientScopes: [...scopes.always],
    optionalClientScopes: [...scopes.optional],
  } as const satisfies Partial<KeycloakClient>;
}
