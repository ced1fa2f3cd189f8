import path from 'node:path';
import { Chart } from 'cdk8s';
import {
  Agent,
  ApiKeys,
  App,
  Auth,
  DataSource,
  Entry,
  McpGateway,
  PlatformNamespace,
  Prompt,
  Role,
  RouteMatch,
  Toolset,
  ToolSource,
  VolumeSource,
} from 'agentyard';
import { clusterProfile } from './cluster';
import { supportModel } from './support-model';

const app = new App({ id: 'fabric', cluster: clusterProfile(process.env.FABRIC_CLUSTER, process.env.FABRIC_EGRESS) });
const agents = new Chart(app, 'agents', { namespace: 'mcp-fabric-agents' });
const front = new Chart(app, 'gateway', { namespace: 'mcp-fabric-gateway' });
for (const chart of [agents, front]) new PlatformNamespace(chart, 'namespace');

const logs = new Toolset(agents, 'log-analysis', {
  source: ToolSource.fromDirectory(path.join(__dirname, '../examples/log-analysis/tools')),
  allowedRoles: [Role.anyCaller()],
  data: [
    DataSource.volume('platform-logs', VolumeSource.fromPersistentVolumeClaimName('platform-logs')),
    DataSource.volume('user-logs', VolumeSource.fromPersistentVolumeClaimName('user-logs')),
  ],
});

const support = new Agent(agents, 'support', {
  description: 'Answers questions about the logs of the platform and of its users.',
  prompt: Prompt.fromText('You help operators to read their logs. Mask personal data before you quote a line.'),
  model: supportModel(process.env.FABRIC_PROVIDER),
  tools: [logs],
});

const gateway = new McpGateway(front, 'agent-gateway', {
  auth: Auth.apiKeys(ApiKeys.fromSecretName('agent-gateway-api-keys')),
  hostnames: ['agents.example.com'],
  entries: [
    Entry.fromIngressController({
      namespace: 'ingress-nginx',
      podLabels: { 'app.kubernetes.io/name': 'ingress-nginx' },
    }),
  ],
  tools: [logs],
  agentTools: [support],
});
gateway.addRoute('by-name', { match: RouteMatch.agent(support), priority: 100 });
gateway.addRoute('by-intent', {
  match: RouteMatch.intent('(?i)log|error|warn|trace|fail'),
  priority: 10,
  backends: [{ agent: support, weight: 100 }],
});

app.synth();
