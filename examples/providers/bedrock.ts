import { Chart } from 'cdk8s';
import {
  Agent,
  ApiKeys,
  App,
  Auth,
  ClusterProfile,
  Credentials,
  McpGateway,
  Model,
  Prompt,
  RouteMatch,
} from 'agentyard';

// No key: the agent's ServiceAccount may assume the role (IAM Roles for Service Accounts), which may invoke the model.
const app = new App({ id: 'bedrock-example', cluster: ClusterProfile.eks() });
const chart = new Chart(app, 'agents', { namespace: 'agents' });

const assistant = new Agent(chart, 'assistant', {
  prompt: Prompt.fromText('You answer in one sentence.'),
  model: Model.bedrock('eu.anthropic.claude-sonnet-4-5-20250929-v1:0', {
    region: 'eu-west-1',
    credentials: Credentials.fromIamRole('arn:aws:iam::111122223333:role/assistant'),
  }),
});

const gateway = new McpGateway(chart, 'gateway', { auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys')) });
gateway.addRoute('by-name', { match: RouteMatch.agent(assistant) });

app.synth();
