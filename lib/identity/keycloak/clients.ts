import type { KeycloakClient, KeycloakUser } from '../../contract';
import { clientOf, type ScopesOfClients } from './client';
import { targetScopeName } from './client-scopes';
import { defaultRole } from './own-clients';
import { clientVariable, reference, userVariable } from './placeholder';
import type { ExchangeSpec, GatewaySpec, PublicClientSpec, ServiceClientSpec, UserSpec } from './realm-spec';

/** What all clients have: none of these grants, and logout that leads to the redirect URIs alone. */
const ATTRIBUTES = {
  'post.logout.redirect.uris': '+',
  'oauth2.device.authorization.grant.enabled': 'false',
  'oidc.ciba.grant.enabled': 'false',
  'standard.token.exchange.enabled': 'false',
};

/** A client by which people sign in: authorization code with PKCE (RFC 7636), and nothing else. */
export function publicClient(client: PublicClientSpec, scopes: ScopesOfClients): KeycloakClient {
  return {
    ...clientOf(client.clientId, client.displayName, client.description, scopes),
    publicClient: true,
    consentRequired: client.consentRequired,
    standardFlowEnabled: true,
    serviceAccountsEnabled: false,
    clientAuthenticatorType: 'client-secret',
    redirectUris: [...client.redirectUris].sort(),
    webOrigins: [...client.webOrigins].sort(),
    attributes: {
      ...ATTRIBUTES,
      'pkce.code.challenge.method': 'S256',
    },
  };
}

/** A client that acts for itself: client credentials, and nothing else. */
export function serviceClient(realm: string, client: ServiceClientSpec, scopes: ScopesOfClients): KeycloakClient {
  const { clientId, secret, jwksUrl } = client;
  return {
    ...clientOf(clientId, '', client.description, scopes),
    publicClient: false,
    consentRequired: false,
    standardFlowEnabled: false,
    serviceAccountsEnabled: true,
    clientAuthenticatorType: jwksUrl === undefined ? 'client-secret' : 'client-jwt',
    ...(secret !== undefined && { secret: reference(clientVariable(realm, clientId)) }),
    redirectUris: [],
    webOrigins: [],
    attributes: {
      ...ATTRIBUTES,
      ...(jwksUrl !== undefined && { 'use.jwks.url': 'true', 'jwks.url': jwksUrl }),
    },
  };
}

/**
 * The client that a gateway is when it asks about its tokens (RFC 7662). It has no grant, no scope and no role: whoever
 * has its secret can ask about tokens for this gateway, and do nothing else.
 */
export function introspectionClient(realm: string, { scope: clientId }: GatewaySpec): KeycloakClient {
  return {
    ...clientOf(clientId, '', 'Asks about tokens for a gateway', { always: [], optional: [] }),
    publicClient: false,
    consentRequired: false,
    standardFlowEnabled: false,
    serviceAccountsEnabled: false,
    clientAuthenticatorType: 'client-secret',
    secret: reference(clientVariable(realm, clientId)),
    redirectUris: [],
    webOrigins: [],
    attributes: ATTRIBUTES,
  };
}

/**
 * The client that a gateway is when it exchanges tokens of its users (RFC 8693): whoever has its secret or key gets tokens
 * for the servers that it may name, in exchange for tokens for this gateway, and nothing else.
 */
export function exchangeClient(realm: string, { clientId, secret, jwks, audiences }: ExchangeSpec): KeycloakClient {
  const scopes = { always: ['basic'], optional: audiences.map(targetScopeName).sort() };
  return {
    ...clientOf(clientId, '', 'Exchanges tokens for a gateway', scopes),
    publicClient: false,
    consentRequired: false,
    standardFlowEnabled: false,
    serviceAccountsEnabled: false,
    clientAuthenticatorType: jwks === undefined ? 'client-secret' : 'client-jwt',
    ...(secret !== undefined && { secret: reference(clientVariable(realm, clientId)) }),
    redirectUris: [],
    webOrigins: [],
    attributes: {
      ...ATTRIBUTES,
      'standard.token.exchange.enabled': 'true',
      ...(jwks !== undefined && { 'use.jwks.string': 'true', 'jwks.string': jwks }),
    },
  };
}

/** The client that stands for an MCP server in the audience of tokens. Nobody can be it: it has no flow, and no key. */
export function targetClient(clientId: string): KeycloakClient {
  return {
    ...clientOf(clientId, '', 'Stands for an MCP server', { always: [], optional: [] }),
    publicClient: false,
    consentRequired: false,
    standardFlowEnabled: false,
    serviceAccountsEnabled: false,
    clientAuthenticatorType: 'client-jwt',
    redirectUris: [],
    webOrigins: [],
    attributes: ATTRIBUTES,
  };
}

/** The user that stands for a client which acts for itself, as Keycloak makes it. */
export function serviceAccount(realm: string, { clientId, roles }: ServiceClientSpec): KeycloakUser {
  return {
    username: `service-account-${clientId.toLowerCase()}`,
    enabled: true,
    serviceAccountClientId: clientId,
    realmRoles: [defaultRole(realm), ...roles].sort(),
  };
}

/** A person. An imported user gets no role by itself, so the realm's default role is named, too. */
export function person(realm: string, user: UserSpec): KeycloakUser {
  const { username, email, firstName, lastName, temporary } = user;
  return {
    username,
    enabled: true,
    ...(email !== undefined && { email, emailVerified: true }),
    ...(firstName !== undefined && { firstName }),
    ...(lastName !== undefined && { lastName }),
    credentials: [{ type: 'password', value: reference(userVariable(realm, username)), temporary }],
    ...(temporary && { requiredActions: ['UPDATE_PASSWORD'] }),
    realmRoles: [defaultRole(realm), ...user.roles].sort(),
  };
}
