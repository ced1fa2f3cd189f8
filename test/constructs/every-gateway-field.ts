import { Duration, Size } from 'cdk8s';
import {
  ApiKeys,
  ArgumentRule,
  Auth,
  ClientFeature,
  ClusterProfile,
  CountedBy,
  Credentials,
  ForeignNames,
  ForwardingHeader,
  HeaderMatch,
  IntrospectionSecret,
  KeycloakExchangeClient,
  KeycloakRealm,
  McpServer,
  Model,
  Peer,
  Quota,
  Role,
  RouteAffinity,
  RouteMatch,
  ServingCertificate,
  Sessions,
  SharedStore,
  TelemetryCollector,
  TokenAlgorithm,
  UpstreamClient,
  UpstreamCredentials,
  WorkloadMonitor,
  type IMcpServer,
  type LoadLimits,
  type McpServerOptions,
  type UpstreamTlsOptions,
} from 'agentyard';
import { Program, type Manifest } from './program';

const ISSUER = 'https://login.example.com';
const TOKENS = `${ISSUER}/token`;
const POD = { namespace: 'others', podLabels: { app: 'other' } };
const analyst = Role.fromRoleName('analyst');

const TLS: UpstreamTlsOptions = {
  authorities: { configMapName: 'corporate-ca', key: 'ca.crt' },
  clientCertificateSecretName: 'gateway-client',
};
const LOAD: LoadLimits = {
  maxConcurrency: 7,
  maxQueue: 8,
  queueTimeout: Duration.seconds(9),
  circuitBreaker: {
    window: Duration.minutes(1),
    minRequests: 5,
    errorRate: 0.9,
    openTime: Duration.seconds(7),
    probes: 2,
  },
};
const RULES = [ArgumentRule.forRole(analyst, { schema: { type: 'object' }, expression: 'true' })];
const SERVER: McpServerOptions = {
  argumentRules: { search: RULES },
  toolRoles: { search: [analyst] },
  otherToolRoles: [analyst],
  resourceRoles: [analyst],
  promptRoles: [analyst],
  mayAsk: [ClientFeature.ROOTS],
  timeout: Duration.seconds(20),
  listTimeout: Duration.seconds(2),
  load: LOAD,
};

/** MCP servers with every kind of credentials and place. */
function servers({ chart }: Program, realm: KeycloakRealm): IMcpServer[] {
  const secret = UpstreamClient.withSecret('gateway', 'gateway-client', 'secret');
  const pair = UpstreamClient.withPrivateKey('gateway', 'gateway-keys', 'key.pem', {
    audience: ISSUER,
    algorithm: TokenAlgorithm.ES256,
    keyId: 'one',
  });
  const tokens = { tokenEndpoint: TOKENS, tlsOptions: TLS, scopes: ['crm'], audience: 'crm' };
  const resource = 'https://crm.example.com/mcp';
  const shown: Record<string, UpstreamCredentials> = {
    key: UpstreamCredentials.fromSecretKey('crm', 'key', { header: 'X-Key', scheme: 'Key' }),
    own: UpstreamCredentials.clientCredentials(pair, { ...tokens, resource }),
    exchanged: UpstreamCredentials.tokenExchange(secret, { ...tokens, issuer: ISSUER }),
    'own-secret': UpstreamCredentials.clientCredentials(secret, tokens),
    'exchanged-keys': UpstreamCredentials.tokenExchange(pair, { ...tokens, issuer: ISSUER }),
    keycloak: UpstreamCredentials.keycloakExchange(realm, 'crm'),
    claim: UpstreamCredentials.userClaim('crm'),
  };
  return [
    ...Object.entries(shown).map(([id, credentials]) =>
      McpServer.fromUrl(chart, id, { ...SERVER, url: resource, tlsOptions: TLS, credentials }),
    ),
    McpServer.fromService(chart, 'pods', {
      ...SERVER,
      host: 'other.others.svc',
      servedBy: Peer.pods(POD),
      port: 8443,
      headless: true,
      tls: true,
      tlsOptions: TLS,
    }),
  ];
}

/** Documents of gateways that have every option somewhere, with another value than the usual one. */
export function everyGatewayField(): Manifest[] {
  const metricsScraper = Peer.pods({ namespace: 'monitoring', podLabels: { app: 'prometheus' } });
  const apiServer = { cidrs: ['10.0.0.1/32'] };
  const telemetryCollector = TelemetryCollector.otlp({
    url: 'http://otel-collector.observability.svc:4318',
    servedBy: Peer.pods({ namespace: 'observability', podLabels: { app: 'otel-collector' } }),
  });
  const profile = ClusterProfile.generic({ apiServer, metricsScraper, telemetryCollector });
  const program = new Program('agents', profile);
  const realm = new KeycloakRealm(program.chart, 'realm', { hostname: 'sso.example.com' });
  const logs = program.toolset('logs', { load: LOAD, argumentRules: { greet: RULES }, allowedRoles: [analyst] });
  const support = program.agent('support', {
    tools: [logs],
    sessions: Sessions.onVolume('support'),
    approvals: { tools: [logs.tool('greet')], approvers: [analyst] },
    model: Model.anthropic('claude-x', {
      credentials: Credentials.fromSecretName('anthropic'),
      maxOutputTokens: 100,
      price: { inputPerMillionTokens: 1, outputPerMillionTokens: 2 },
    }),
    load: LOAD,
    allowedRoles: [analyst],
    argumentRules: RULES,
    description: 'Answers customers.',
    version: '2.0.0',
    skills: [{ id: 'refund', name: 'Refund', description: 'Pays back.', tags: ['money'], examples: ['Pay me back'] }],
    outputSchema: { type: 'object', properties: { refunded: { type: 'boolean' } }, required: ['refunded'] },
  });
  const foreign = servers(program, realm);
  const gateway = program.gateway('gateway', {
    publicUrl: 'https://mcp.example.com',
    hostnames: ['other.example.com'],
    allowedOrigins: ['https://app.example.com'],
    trustedProxies: { cidrs: ['10.0.0.0/24'], header: ForwardingHeader.FORWARDED },
    intake: { connections: 10, streams: 11, streamsPerUser: 12, jsonDepth: 13, jsonMembers: 99 },
    auth: Auth.anyOf(
      Auth.oidc({
        issuer: ISSUER,
        jwksUri: `${ISSUER}/keys`,
        roles: [analyst],
        roleClaims: [['groups']],
        userClaim: 'email',
        algorithms: [TokenAlgorithm.EDDSA],
        requiredScopes: ['mcp'],
        impliedScopes: { 'mcp.admin': ['mcp'] },
        clockTolerance: Duration.seconds(1),
        tlsOptions: TLS,
        introspection: {
          endpoint: `${ISSUER}/introspect`,
          clientId: 'gateway',
          secret: IntrospectionSecret.fromSecretKey('gateway-client', 'secret'),
        },
      }),
      Auth.keycloak(realm, { tokenExchange: KeycloakExchangeClient.withSecret('exchange', 'secret') }),
      Auth.apiKeys(ApiKeys.fromSecretName('keys')),
    ),
    tools: [logs],
    agentTools: [support],
    audit: { hashes: true, contents: true },
    tracing: { samplingRatio: 1, trustsProxySampling: true },
    mcpServers: foreign,
    foreignNames: ForeignNames.PREFIXED,
    maxBodySize: Size.kibibytes(64),
    outlierDetection: {
      consecutiveFailures: 2,
      baseEjectionTime: Duration.seconds(10),
      maxEjectionTime: Duration.minutes(1),
      maxEjectedPercent: 10,
      probePath: '/healthz',
      probeInterval: Duration.seconds(1),
      probeTimeout: Duration.seconds(1),
    },
    rateLimits: [
      {
        name: 'calls',
        requests: 10,
        window: Duration.minutes(1),
        burst: 5,
        per: [CountedBy.KEY],
        roles: [analyst],
        agents: [support],
        tools: [logs],
        mcpServers: [foreign[0]!],
        shared: true,
      },
    ],
    quotas: [Quota.tokensPerDay('tokens', 1000, { reserve: 5, roles: [analyst], agents: [support] })],
    store: SharedStore.valkey({
      host: 'valkey.data.svc',
      servedBy: Peer.pods(POD),
      passwordSecretName: 'valkey',
      username: 'gateway',
      tls: true,
      authorities: { configMapName: 'data-ca' },
      database: 3,
      timeout: Duration.millis(100),
    }),
    watchesKubernetes: true,
  });
  gateway.serveTls({
    certificate: ServingCertificate.fromSecretName('gateway-tls'),
    clientCertificates: { authorities: { configMapName: 'clients' } },
  });
  const conditions = {
    headers: [HeaderMatch.exact('x-team', 'red'), HeaderMatch.pattern('x-tier', '^gold')],
    callerRoles: [analyst],
  };
  const affinity = RouteAffinity.byUser({ loadFactor: 2 });
  gateway.addRoute('agent', { match: RouteMatch.agent(support, conditions), affinity });
  gateway.addRoute('intent', { match: RouteMatch.intent('logs', conditions), backends: [{ agent: support }] });
  program.gateway('demo', { auth: Auth.demoToken({ roles: [analyst] }) });
  program.gateway('open');
  new WorkloadMonitor(program.chart, 'monitor');
  const documents = program.synth().map(({ data }) => data?.['gateway.json']);
  return documents.flatMap((text) => (text === undefined ? [] : JSON.parse(text)));
}
