import path from 'node:path';
import { Chart, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-29';
import {
  Agent,
  AlertRules,
  ApiKeys,
  App,
  Auth,
  DataSource,
  GrafanaDashboard,
  IntrospectionSecret,
  KeycloakExchangeClient,
  LogForwarding,
  LokiOutput,
  McpGateway,
  McpServer,
  OpenShiftRoute,
  PlatformNamespace,
  Prompt,
  RouteMatch,
  Toolset,
  ToolSource,
  UpstreamCredentials,
  VolumeSource,
  WorkloadMonitor,
  type IMcpServer,
  type KeycloakAuthOptions,
} from 'agentyard';
import { codeGatewayRealm } from './code-gateway-realm';
import { openShift } from './cluster';
import { supportModel } from './support-model';

/** Where clients find the gateway: the audience of their tokens. */
const PUBLIC_URL = process.env.CODE_GATEWAY_URL ?? 'https://mcp.example.com';

/** MCP server of a ticket system, which knows the platform's users; none by default. */
const TICKETS = process.env.CODE_GATEWAY_TICKETS;

const app = new App({ id: 'code-gateway', cluster: openShift() });
const identity = new Chart(app, 'identity', { namespace: 'mcp-identity' });
const sandboxes = new Chart(app, 'sandboxes', { namespace: 'mcp-sandbox' });
const front = new Chart(app, 'gateway', { namespace: 'mcp-gateway' });
const logging = new Chart(app, 'logging', { namespace: 'openshift-logging' });
for (const chart of [identity, sandboxes, front]) new PlatformNamespace(chart, 'namespace');

const { realm, admin, analyst, viewer } = codeGatewayRealm(identity, {
  hostname: process.env.CODE_GATEWAY_KEYCLOAK ?? 'sso.example.com',
  delivery: process.env.CODE_GATEWAY_DELIVERY,
});

const logs = new Toolset(sandboxes, 'log-analysis', {
  source: ToolSource.fromDirectory(path.join(__dirname, '../examples/log-analysis/tools')),
  allowedRoles: [admin, analyst],
  toolRoles: { privacy: [admin, analyst, viewer] },
  data: [
    DataSource.volume('platform-logs', VolumeSource.fromPersistentVolumeClaimName('platform-logs')),
    DataSource.volume('user-logs', VolumeSource.fromPersistentVolumeClaimName('user-logs')),
  ],
  memoryLimit: Size.mebibytes(96),
  resources: {
    cpu: { request: Cpu.millis(100), limit: Cpu.millis(500) },
    memory: { request: Size.mebibytes(128), limit: Size.mebibytes(512) },
  },
});

const assistant = new Agent(sandboxes, 'log-assistant', {
  prompt: Prompt.fromText('You help people to read their logs. Mask personal data before you quote a line.'),
  model: supportModel(process.env.CODE_GATEWAY_PROVIDER),
  tools: [logs],
});

const gateway = new McpGateway(front, 'mcp-gateway', {
  publicUrl: PUBLIC_URL,
  auth: Auth.anyOf(Auth.keycloak(realm, tokens()), Auth.apiKeys(ApiKeys.fromSecretName('mcp-gateway-api-keys'))),
  tools: [logs],
  mcpServers: TICKETS === undefined ? [] : [tickets(TICKETS)],
  replicas: 2,
});
gateway.addRoute('by-name', { match: RouteMatch.agent(assistant) });
gateway.addRoute('by-intent', { match: RouteMatch.intent('(?i)log|error'), backends: [{ agent: assistant }] });

new OpenShiftRoute(front, 'mcp', { gateway });
new LogForwarding(logging, 'mcp-audit', { loki: LokiOutput.lokiStack({ name: 'logging-loki' }) });
for (const chart of [sandboxes, front]) {
  new WorkloadMonitor(chart, 'workloads');
  new AlertRules(chart, 'alerts');
}
new GrafanaDashboard(front, 'dashboard');

app.synth();

/** Tokens are asked about where CODE_GATEWAY_INTROSPECTION says so, and exchanged for the ticket system. */
function tokens(): KeycloakAuthOptions {
  const secret = IntrospectionSecret.fromSecretKey('mcp-gateway-clients', 'introspection');
  return {
    introspection: process.env.CODE_GATEWAY_INTROSPECTION === 'yes' ? { secret } : undefined,
    tokenExchange: KeycloakExchangeClient.withSecret('mcp-gateway-clients', 'exchange'),
  };
}

/** It is shown a token of the user that is for it alone. */
function tickets(url: string): IMcpServer {
  const credentials = UpstreamCredentials.keycloakExchange(realm, 'tickets');
  return McpServer.fromUrl(front, 'tickets', { url, credentials, otherToolRoles: [admin, analyst] });
}
