import {
  EVERY_PROGRAM,
  OWNER_ATTRIBUTE,
  type KeycloakClient,
  type KeycloakRealmRepresentation,
  type KeycloakRole,
} from '../../contract';
import { clientOf } from './client';

type OwnParts = Pick<KeycloakRealmRepresentation, 'clients' | 'clientScopeMappings' | 'defaultRole'> & {
  readonly realmRoles: KeycloakRole[];
  readonly clientRoles: Record<string, KeycloakRole[]>;
};

/**
 * A role that every user has. Keycloak gives a scope with role mappings only to users who have one of these roles; with
 * this one among them, people without any role of the program get tokens for its gateways, too.
 */
export const EVERY_USER = 'platform-user';

/** Name of the role that Keycloak gives to every user of a new realm; it includes others. */
export function defaultRole(realm: string): string {
  return `default-roles-${realm.toLowerCase()}`;
}

/**
 * Keycloak's own clients that need more than Keycloak gives them in a realm which declares its client scopes: these get
 * none there, and people could not open their account. `admin-cli` would let passwords be exchanged for tokens.
 *
 * @param scopes client scopes that tokens always have
 */
export function ownParts(realm: string, scopes: readonly string[]): OwnParts {
  return {
    clients: [account(realm, 'account', scopes), accountConsole(realm, scopes), adminCli(scopes)],
    clientScopeMappings: { account: [{ client: 'account-console', roles: ['manage-account', 'view-groups'] }] },
    clientRoles: {
      account: [
        role('delete-account'),
        role('manage-account', 'manage-account-links'),
        role('manage-account-links'),
        role('manage-consent', 'view-consent'),
        role('view-applications'),
        role('view-consent'),
        role('view-groups'),
        role('view-profile'),
      ],
    },
    defaultRole: { name: defaultRole(realm) },
    realmRoles: [
      {
        name: EVERY_USER,
        description: 'Every user of the realm',
        composite: false,
        attributes: { [OWNER_ATTRIBUTE]: [EVERY_PROGRAM] },
      },
      {
        name: defaultRole(realm),
        description: '${role_default-roles}',
        composite: true,
        composites: { realm: [EVERY_USER], client: { account: ['manage-account', 'view-profile'] } },
      },
    ],
  };
}

function account(realm: string, clientId: string, scopes: readonly string[]): KeycloakClient {
  const path = `/realms/${realm}/account/`;
  return {
    ...ownClient(clientId, scopes),
    standardFlowEnabled: true,
    rootUrl: '${authBaseUrl}',
    baseUrl: path,
    redirectUris: [`${path}*`],
    attributes: { 'pkce.code.challenge.method': 'S256', 'post.logout.redirect.uris': '+' },
  };
}

function accountConsole(realm: string, scopes: readonly string[]): KeycloakClient {
  const audience = { name: 'audience resolve', protocolMapper: 'oidc-audience-resolve-mapper', config: {} };
  return {
    ...account(realm, 'account-console', scopes),
    protocolMappers: [{ ...audience, protocol: 'openid-connect' }],
  };
}

function adminCli(scopes: readonly string[]): KeycloakClient {
  const attributes = { 'client.use.lightweight.access.token.enabled': 'true' };
  return { ...ownClient('admin-cli', scopes), standardFlowEnabled: false, redirectUris: [], attributes };
}

function ownClient(clientId: string, always: readonly string[]) {
  return {
    ...clientOf(clientId, `\${client_${clientId}}`, '', { always, optional: [] }),
    publicClient: true,
    consentRequired: false,
    serviceAccountsEnabled: false,
    clientAuthenticatorType: 'client-secret',
    webOrigins: [],
  } as const satisfies Partial<KeycloakClient>;
}

function role(name: string, ...includes: string[]): KeycloakRole {
  const described = { name, description: `\${role_${name}}` };
  if (includes.length === 0) return { ...described, composite: false };
  return { ...described, composite: true, composites: { client: { account: includes } } };
}
