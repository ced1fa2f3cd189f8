import { z } from 'zod';
import { roleName } from './role';

const OPENID_CONNECT = 'openid-connect';

const name = z.string().min(1).max(255);
const names = z.array(name);
const texts = z.record(z.string(), z.string());

const role = z.strictObject({
  name: roleName,
  description: z.string().max(255),
  composite: z.boolean(),
  composites: z
    .strictObject({ realm: names.optional(), client: z.record(z.string(), names).optional() })
    .optional()
    .describe('Roles that whoever has it has, too.'),
  attributes: z.record(z.string(), z.array(z.string())).optional(),
});

const protocolMapper = z.strictObject({
  name,
  protocol: z.literal(OPENID_CONNECT),
  protocolMapper: name.describe('Provider of the mapper.'),
  config: texts,
});

const clientScope = z.strictObject({
  name,
  description: z.string().max(255),
  protocol: z.literal(OPENID_CONNECT),
  attributes: texts,
  protocolMappers: z.array(protocolMapper),
});

const client = z.strictObject({
  clientId: name,
  name: z.string(),
  description: z.string().max(255),
  protocol: z.literal(OPENID_CONNECT),
  enabled: z.boolean(),
  publicClient: z.boolean(),
  bearerOnly: z.literal(false),
  consentRequired: z.boolean(),
  standardFlowEnabled: z.boolean(),
  implicitFlowEnabled: z.literal(false),
  directAccessGrantsEnabled: z.literal(false),
  serviceAccountsEnabled: z.boolean(),
  fullScopeAllowed: z.literal(false),
  frontchannelLogout: z.literal(false),
  rootUrl: z.string().optional(),
  baseUrl: z.string().optional(),
  clientAuthenticatorType: z.enum(['client-secret', 'client-jwt']),
  secret: z.string().optional().describe('`${VARIABLE}`: the name of the variable that holds it.'),
  redirectUris: z.array(z.string()),
  webOrigins: z.array(z.string()),
  attributes: texts,
  defaultClientScopes: names,
  optionalClientScopes: names,
  protocolMappers: z.array(protocolMapper).optional(),
});

const user = z.strictObject({
  username: name,
  enabled: z.literal(true),
  email: z.string().optional(),
  emailVerified: z.boolean().optional(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  serviceAccountClientId: name.optional().describe('The client whose service account it is; absent: a person.'),
  credentials: z
    .array(z.strictObject({ type: z.literal('password'), value: z.string(), temporary: z.boolean() }))
    .optional(),
  requiredActions: z.array(z.string()).optional(),
  realmRoles: names,
});

const component = z.strictObject({
  name,
  providerId: name,
  subType: name,
  config: z.record(z.string(), z.array(z.string())),
});

/** Settings of the realm itself. */
const settings = {
  realm: name,
  displayName: z.string().optional(),
  enabled: z.literal(true),
  sslRequired: z.literal('external'),
  registrationAllowed: z.literal(false),
  rememberMe: z.boolean(),
  editUsernameAllowed: z.boolean(),
  bruteForceProtected: z.literal(true),
  permanentLockout: z.boolean(),
  failureFactor: z.int().min(1),
  waitIncrementSeconds: z.int().min(1),
  maxFailureWaitSeconds: z.int().min(1),
  maxDeltaTimeSeconds: z.int().min(1),
  quickLoginCheckMilliSeconds: z.int().min(1),
  minimumQuickLoginWaitSeconds: z.int().min(1),
  defaultSignatureAlgorithm: z.string(),
  accessTokenLifespan: z.int().min(1).describe('How long access tokens are valid, in seconds.'),
  revokeRefreshToken: z.literal(true),
  refreshTokenMaxReuse: z.literal(0),
  offlineSessionIdleTimeout: z.int().min(1),
  offlineSessionMaxLifespanEnabled: z.literal(true),
  offlineSessionMaxLifespan: z.int().min(1),
  eventsEnabled: z.literal(true),
  eventsExpiration: z.int().min(1),
  eventsListeners: names,
  adminEventsEnabled: z.literal(true),
  adminEventsDetailsEnabled: z.literal(false),
};

const configured = z.record(z.string(), z.union([z.boolean(), z.string(), z.array(z.string())]));

/** A realm as Keycloak's RealmRepresentation has it, in the part that we write. */
export const keycloakRealm = z.strictObject({
  ...settings,
  roles: z.strictObject({ realm: z.array(role), client: z.record(z.string(), z.array(role)) }),
  defaultRole: z.strictObject({ name: roleName }).describe('What every user has.'),
  clientScopes: z.array(clientScope),
  defaultDefaultClientScopes: names,
  defaultOptionalClientScopes: names,
  scopeMappings: z.array(z.strictObject({ clientScope: name, roles: z.array(roleName) })),
  clientScopeMappings: z.record(z.string(), z.array(z.strictObject({ client: name, roles: names }))),
  clients: z.array(client),
  users: z.array(user),
  components: z.record(z.string(), z.array(component)),
  clientProfiles: z.strictObject({
    profiles: z.array(
      z.strictObject({
        name,
        description: z.string(),
        executors: z.array(z.strictObject({ executor: name, configuration: configured })),
      }),
    ),
  }),
  clientPolicies: z.strictObject({
    policies: z.array(
      z.strictObject({
        name,
        description: z.string(),
        enabled: z.boolean(),
        conditions: z.array(z.strictObject({ condition: name, configuration: configured })),
        profiles: names,
      }),
    ),
  }),
});

/** Keycloak's name for the policies of dynamic client registration, RFC 7591. */
export const REGISTRATION_POLICY = 'org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy';

/** Attribute of clients, client scopes and realm roles that says whose they are: the id of the app that makes them. */
export const OWNER_ATTRIBUTE = 'agentyard.owner';
/** Owner of what all programs make alike, and none removes. It is no id of an app. */
export const EVERY_PROGRAM = '*';

/** Clients and realm roles that every realm of Keycloak has. No program owns them. */
export const KEYCLOAK_CLIENTS: readonly string[] = [
  'account',
  'account-console',
  'admin-cli',
  'broker',
  'realm-management',
  'security-admin-console',
];
export const KEYCLOAK_ROLES: readonly string[] = ['offline_access', 'uma_authorization'];

/** Names of the settings of the realm itself; all else in it has resources of its own. */
export const REALM_SETTING_NAMES = Object.keys(settings) as readonly (keyof typeof settings)[];

export type KeycloakRealmRepresentation = z.output<typeof keycloakRealm>;
export type KeycloakRole = z.output<typeof role>;
export type KeycloakProtocolMapper = z.output<typeof protocolMapper>;
export type KeycloakClientScope = z.output<typeof clientScope>;
export type KeycloakClient = z.output<typeof client>;
export type KeycloakUser = z.output<typeof user>;
export type KeycloakComponent = z.output<typeof component>;
