import path from 'node:path';
import { Chart, Duration } from 'cdk8s';
import {
  Agent,
  ApiKeys,
  App,
  Auth,
  ClusterProfile,
  McpGateway,
  Model,
  Prompt,
  Role,
  RouteMatch,
  Sessions,
  Toolset,
  ToolSource,
} from 'agentyard';

// A clerk that may refund orders, each time after a supervisor has agreed.
const app = new App({ id: 'approval-example', cluster: ClusterProfile.generic() });
const chart = new Chart(app, 'shop', { namespace: 'shop' });

const clerks = Role.fromRoleName('clerk');
const supervisors = Role.fromRoleName('supervisor');

const orders = new Toolset(chart, 'orders', {
  source: ToolSource.fromDirectory(path.join(__dirname, 'tools')),
  allowedRoles: [clerks],
});

const clerk = new Agent(chart, 'clerk', {
  prompt: Prompt.fromText('You look after orders. Refund only what the customer has paid.'),
  // It plays a script, so that the story runs without a provider. Model.anthropic(...) and the others go here.
  model: Model.scripted([
    {
      when: 'refund',
      calls: [{ tool: 'refund', input: { order: '1001', amount: 40 } }],
      say: 'I have tried: {{result}}',
    },
    { say: 'I look after orders.' },
  ]),
  tools: [orders],
  allowedRoles: [clerks],
  // What waits outlasts the pod. With more than one replica: Sessions.inStore(SharedStore.valkey({ ... })).
  sessions: Sessions.onVolume('clerk-sessions'),
  approvals: { tools: [orders.tool('refund')], approvers: [supervisors], timeout: Duration.hours(8) },
});

const gateway = new McpGateway(chart, 'gateway', { auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys')) });
gateway.addRoute('by-name', { match: RouteMatch.agent(clerk) });

app.synth();
