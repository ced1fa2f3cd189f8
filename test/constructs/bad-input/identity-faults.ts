import { Duration } from 'cdk8s';
import { EnvValue } from 'cdk8s-plus-29';
import { Construct } from 'constructs';
import {
  ApiKeys,
  Auth,
  ClusterProfile,
  Entry,
  GatewayIngress,
  IngressController,
  IntrospectedTokens,
  IntrospectionSecret,
  KeycloakAdministrator,
  KeycloakRealm,
  Model,
  Prompt,
  Role,
  RouteMatch,
  ServingCertificate,
  type KeycloakRealmProps,
  type KubernetesRule,
  type McpGatewayProps,
  type Role as RoleType,
} from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

const ISSUER = 'https://login.example.com';
const PUBLIC_URL = 'https://mcp.example.com';
const program = () => new Program();
const keys = Auth.apiKeys(ApiKeys.fromSecretName('keys'));
const analyst = Role.fromRoleName('analyst');
const gateway = (props: Partial<McpGatewayProps>, roles: RoleType[] = [Role.anyCaller()]) => {
  const p = program();
  return p.gateway('gateway', { tools: [p.toolset('logs', { allowedRoles: roles })], ...props });
};
const granted = (rule: KubernetesRule) => {
  const agent = program().agent('support');
  agent.grantKubernetes(rule);
  return agent;
};

const SECRET = IntrospectionSecret.fromSecretKey('gateway', 'key');
const introspection = () => ({ endpoint: `${ISSUER}/introspect`, clientId: 'gateway', secret: SECRET });
const realmOf = (p: Program, props: Partial<KeycloakRealmProps> = {}) =>
  new KeycloakRealm(p.chart, 'realm', { hostname: 'sso.example.com', ...props });
const exposed = () => {
  const ingress = { namespace: 'ingress-nginx', podLabels: { app: 'nginx' } };
  return new Program('agents', ClusterProfile.generic({ ingress, apiServer: { cidrs: ['10.0.0.1/32'] } }));
};

/** Faults of who may call what. */
export const IDENTITY_FAULTS: FaultCase[] = [
  ['ROLE_INVALID', '"two words" is no name of a role', () => Role.fromRoleName('two words')],
  ['ROLE_INVALID', '"*" is no name of a role', () => Role.fromRoleName('*')],
  ['ROLE_INVALID', 'Role.anyCaller() is no role', () => Auth.demoToken({ roles: [Role.anyCaller()] })],
  [
    'ROLE_UNKNOWN',
    'chart/gateway: the tool "greet" of agents/logs asks for analyst, and no caller of the gateway',
    () => gateway({ auth: Auth.oidc({ issuer: ISSUER }), publicUrl: PUBLIC_URL }, [analyst]),
  ],
  [
    'ROLE_UNKNOWN',
    'chart/gateway: the agent chart/support asks for analyst',
    () => {
      const p = program();
      const auth = Auth.oidc({ issuer: ISSUER, roles: [Role.fromRoleName('viewer')] });
      const made = p.gateway('gateway', { auth, publicUrl: PUBLIC_URL });
      made.addRoute('r', { match: RouteMatch.agent(p.agent('support', { allowedRoles: [analyst] })) });
      return made;
    },
  ],
  [
    'ROLE_UNKNOWN',
    'chart/gateway: the tool "part" of agents/logs asks for typo, and no caller of any gateway that leads there',
    () => {
      const p = program();
      const tools = [p.toolset('logs', { allowedRoles: [], toolRoles: { part: [Role.fromRoleName('typo')] } })];
      const made = p.gateway('gateway', { auth: Auth.oidc({ issuer: ISSUER }), publicUrl: PUBLIC_URL });
      made.addRoute('r', { match: RouteMatch.agent(p.agent('support', { tools })) });
      return made;
    },
  ],
  [
    'ROLE_UNKNOWN',
    'asks for typo, and',
    () =>
      gateway({ auth: Auth.oidc({ issuer: ISSUER, roles: [analyst] }), publicUrl: PUBLIC_URL }, [
        analyst,
        Role.fromRoleName('typo'),
      ]),
  ],
  ['ROLE_INVALID', 'no role that a token brings', () => Auth.oidc({ issuer: ISSUER, roles: [Role.anyCaller()] })],
  [
    'ROLE_AMBIGUOUS',
    'chart/gateway: "analyst" is the name of roles of different origin',
    () => {
      const p = program();
      const realm = new KeycloakRealm(p.chart, 'realm', { hostname: 'sso.example.com' });
      const ours = p.toolset('ours', { allowedRoles: [realm.addRole('analyst')] });
      const theirs = p.toolset('theirs', { allowedRoles: [analyst] });
      return p.gateway('gateway', { auth: keys, tools: [ours.tool('greet'), theirs.tool('part')] });
    },
  ],
  [
    'TOOL_UNKNOWN',
    'chart/logs: there is no tool "delete"',
    () => program().toolset('logs', { toolRoles: { delete: [analyst] } }),
  ],
  [
    'TOOL_UNKNOWN',
    'chart/logs: there is no tool "delete"',
    () => program().toolset('logs', { argumentRules: { delete: [] } }),
  ],
  [
    'AUDIENCE_MISSING',
    'chart/gateway: access tokens of https://login',
    () => gateway({ auth: Auth.oidc({ issuer: ISSUER }) }),
  ],
  [
    'ISSUER_INVALID',
    '"http://login.example.com" is not an https URL',
    () => Auth.oidc({ issuer: 'http://login.example.com' }),
  ],
  [
    'ISSUER_INVALID',
    'clockTolerance is 61000 ms',
    () => Auth.oidc({ issuer: ISSUER, clockTolerance: Duration.seconds(61) }),
  ],
  ['UPSTREAM_TLS_INVALID', 'tlsOptions name neither', () => Auth.oidc({ issuer: ISSUER, tlsOptions: {} })],
  ['ISSUER_INVALID', '"login.example.com" is not', () => Auth.oidc({ issuer: 'login.example.com' })],
  ['ISSUER_INVALID', 'jwksUri: "ftp://x"', () => Auth.oidc({ issuer: ISSUER, jwksUri: 'ftp://x' })],
  [
    'ISSUER_INVALID',
    'tenantId is "contoso"',
    () => Auth.entra({ tenantId: 'contoso', applicationId: '11111111-2222-3333-4444-555555555555' }),
  ],
  ['AUTH_INVALID', 'Auth.none() lets everyone in', () => Auth.anyOf(keys, Auth.none())],
  ['AUTH_INVALID', 'API keys of two Secrets', () => Auth.anyOf(keys, Auth.apiKeys(ApiKeys.fromSecretName('others')))],
  ['AUTH_INVALID', 'no way to authenticate is given', () => Auth.anyOf()],
  ['AUTH_INVALID', 'the demo token is given twice', () => Auth.anyOf(Auth.demoToken(), Auth.demoToken())],
  [
    'AUTH_INVALID',
    'tokens of https://login.example.com are taken twice',
    () => Auth.anyOf(Auth.oidc({ issuer: ISSUER }), Auth.oidc({ issuer: ISSUER, audience: 'other' })),
  ],
  [
    'INTROSPECTION_INVALID',
    'opaque tokens are taken of https://login.example.com and https://other.example.com',
    () =>
      Auth.anyOf(
        Auth.oidc({ issuer: ISSUER, introspection: introspection() }),
        Auth.oidc({ issuer: 'https://third.example.com' }),
        Auth.oidc({
          issuer: 'https://other.example.com',
          introspection: { ...introspection(), tokens: IntrospectedTokens.ALL },
        }),
      ),
  ],
  [
    'INTROSPECTION_INVALID',
    'chart/two: its client secret is that of chart/one, the entry "key" of gateway',
    () => {
      const p = program();
      const auth = Auth.keycloak(realmOf(p), { introspection: { secret: SECRET } });
      p.gateway('one', { auth, publicUrl: PUBLIC_URL });
      return p.gateway('two', { auth, publicUrl: `${PUBLIC_URL}/two` });
    },
  ],
  [
    'INTROSPECTION_INVALID',
    'chart/gateway: introspection names the client "mine", and the realm makes one',
    () => {
      const p = program();
      const auth = Auth.keycloak(realmOf(p), { introspection: { secret: SECRET, clientId: 'mine' } });
      return p.gateway('gateway', { auth, publicUrl: PUBLIC_URL });
    },
  ],
  [
    'INTROSPECTION_INVALID',
    'chart/gateway: no client is named by which it could ask the realm https://sso.example.com/realms/acme',
    () => {
      const p = program();
      const realm = KeycloakRealm.fromIssuer(p.chart, 'realm', {
        issuer: 'https://sso.example.com/realms/acme',
        roles: [],
        audiences: [{ audience: PUBLIC_URL }],
      });
      const auth = Auth.keycloak(realm, { introspection: { secret: SECRET } });
      return p.gateway('gateway', { auth, publicUrl: PUBLIC_URL });
    },
  ],
  [
    'REALM_DUPLICATE',
    'chart/realm: the realm has a client "mcp:agents/gateway" already',
    () => {
      const p = program();
      const realm = realmOf(p);
      realm.addClient('mcp:agents/gateway', { redirectUris: ['https://app.example.com/'] });
      const auth = Auth.keycloak(realm, { introspection: { secret: SECRET } });
      return p.gateway('gateway', { auth, publicUrl: PUBLIC_URL });
    },
  ],
  [
    'ISSUER_INVALID',
    'introspection.endpoint: "http://login.example.com/introspect" is not an https URL',
    () => {
      const endpoint = 'http://login.example.com/introspect';
      return Auth.oidc({ issuer: ISSUER, introspection: { ...introspection(), endpoint } });
    },
  ],
  ['NAME_INVALID', '"a b" is no entry of a Secret', () => IntrospectionSecret.fromSecretKey('gateway', 'a b')],
  ['ISSUER_INVALID', '"https://10.0.0.1" is not', () => Auth.oidc({ issuer: 'https://10.0.0.1' })],
  ['ISSUER_INVALID', '"https://login" is not', () => Auth.oidc({ issuer: 'https://login' })],
  [
    'AUDIENCE_TAKEN',
    'chart/two: "mcp" of https://login.example.com is the audience of chart/one',
    () => {
      const p = program();
      const auth = Auth.oidc({ issuer: ISSUER, audience: 'mcp' });
      p.gateway('one', { auth });
      return p.gateway('two', { auth });
    },
  ],
  [
    'AUTH_NONE_ROLES',
    'chart/gateway: auth is Auth.none(), so nobody has a role, and what it serves asks for analyst',
    () => gateway({ auth: Auth.none() }, [analyst]),
  ],
  [
    'DEMO_TOKEN_EXPOSED',
    'chart/gateway: Auth.demoToken() lets in whoever knows a public token, and beside it stands another way',
    () => gateway({ auth: Auth.anyOf(Auth.demoToken(), keys) }),
  ],
  [
    'DEMO_TOKEN_EXPOSED',
    'a way in from outside of the cluster',
    () => gateway({ auth: Auth.demoToken(), entries: [Entry.fromCidr('10.0.0.0/8')] }),
  ],
  [
    'DEMO_TOKEN_EXPOSED',
    'the public URL https://mcp.example.com',
    () => gateway({ auth: Auth.demoToken(), publicUrl: PUBLIC_URL }),
  ],
  [
    'PUBLIC_URL_INVALID',
    'publicUrl is "http://mcp.example.com"',
    () => gateway({ publicUrl: 'http://mcp.example.com' }),
  ],
  ['PUBLIC_URL_INVALID', 'publicUrl is "mcp.example.com"', () => gateway({ publicUrl: 'mcp.example.com' })],
  ['PUBLIC_URL_INVALID', 'publicUrl is "https://u:p@x"', () => gateway({ publicUrl: 'https://u:p@x' })],
  [
    'PUBLIC_URL_TAKEN',
    'chart/two: chart/one has the host and path of https://MCP.example.com/a/ already',
    () => {
      const p = program();
      p.gateway('one', { publicUrl: 'https://mcp.example.com/a' });
      return p.gateway('two', { publicUrl: 'https://MCP.example.com/a/' });
    },
  ],
  [
    'SECRET_IN_TEXT',
    'chart/support: the prompt holds what looks like an access key of AWS',
    () => program().agent('support', { prompt: Prompt.fromText(`Use ${'AKIA'}ABCDEFGHIJKLMNOP.`) }),
  ],
  [
    'SECRET_IN_TEXT',
    'chart/support: its script holds what looks like a URL with a password',
    () => program().agent('support', { model: Model.scripted([{ say: 'ftp://jane:secret@example.com' }]) }),
  ],
  [
    'SECRET_IN_TEXT',
    'chart/logs: the value of the environment variable DB_PASSWORD looks like a secret',
    () => program().toolset('logs', { env: { DB_PASSWORD: EnvValue.fromValue('hunter2') } }),
  ],
  [
    'AUDIENCE_UNKNOWN',
    'chart/gateway',
    () => {
      const p = program();
      const realm = KeycloakRealm.fromIssuer(p.chart, 'realm', {
        issuer: 'https://sso.example.com/realms/acme',
        roles: ['analyst'],
        audiences: [{ audience: 'https://other.example.com' }],
      });
      return p.gateway('gateway', { auth: Auth.keycloak(realm), publicUrl: PUBLIC_URL });
    },
  ],
  [
    'AUDIENCE_TAKEN',
    'https://mcp.example.com',
    () => {
      const realm = realmOf(program());
      realm._addGateway(new Construct(realm, 'one'), PUBLIC_URL);
      realm._addGateway(new Construct(realm, 'two'), PUBLIC_URL);
    },
  ],
  ['REALM_INVALID', 'chart/realm: ', () => realmOf(program(), { realmName: 'two words' })],
  ['REALM_INVALID', '10 seconds', () => realmOf(program(), { accessTokenLifetime: Duration.seconds(10) })],
  [
    'REALM_DUPLICATE',
    'chart/realm',
    () => {
      const realm = realmOf(program());
      realm.addRole('analyst');
      realm.addRole('analyst');
    },
  ],
  ['ROLE_UNKNOWN', 'chart/realm', () => realmOf(program()).role('nobody')],
  ...['https://app.example.com/*', 'http://app.example.com/callback', 'https://app.example.com/#x'].map(
    (uri): FaultCase => [
      'REDIRECT_URI_INVALID',
      uri,
      () => realmOf(program()).addClient('app', { redirectUris: [uri] }),
    ],
  ),
  [
    'PUBLIC_URL_UNROUTABLE',
    'chart/ingress: chart/gateway has no publicUrl',
    () => {
      const p = exposed();
      const options = { controller: IngressController.nginx(), certificate: ServingCertificate.ofController() };
      return new GatewayIngress(p.chart, 'ingress', { gateway: p.gateway('gateway', { auth: keys }), ...options });
    },
  ],
  ...['/mcp', '/v1/invoke', '/mcp/more'].map((path): FaultCase => [
    'PUBLIC_URL_TAKEN',
    'chart/two: chart/one has',
    () => {
      const p = program();
      p.gateway('one', { publicUrl: PUBLIC_URL });
      return p.gateway('two', { publicUrl: `${PUBLIC_URL}${path}` });
    },
  ]),
  [
    'NAME_TAKEN',
    'chart/program-trust: "program-trust" is the name of the NetworkPolicy of chart/agentyard-trust already',
    () => program().agent('program-trust'),
  ],
  [
    'NAME_TAKEN',
    '"mcp-sync" is the name of the NetworkPolicy of',
    () => {
      const p = program();
      const administrator = KeycloakAdministrator.fromSecretName('administrator');
      new KeycloakRealm(p.chart, 'mcp', { hostname: 'sso.example.com', administrator });
      return p.agent('mcp-sync');
    },
  ],
  ['RBAC_INVALID', 'chart/support: verbs holds "*"', () => granted({ resources: ['pods'], verbs: ['*'] })],
  ['RBAC_INVALID', 'chart/support: resources is empty', () => granted({ resources: [], verbs: ['get'] })],
  [
    'RBAC_INVALID',
    'chart/support: the verb "create" stands beside resourceNames',
    () => granted({ resources: ['secrets'], verbs: ['create'], resourceNames: ['x'] }),
  ],
  [
    'NAME_INVALID',
    'longer than a CronJob',
    () => {
      const p = new Program('agents', ClusterProfile.generic(), 'a'.repeat(50));
      return p.agent('support');
    },
  ],
];
