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
  OpenAIRegion,
  Prompt,
  RouteMatch,
} from 'agentyard';

// kubectl -n agents create secret generic openai --from-literal=OPENAI_API_KEY=…
const app = new App({ id: 'openai-example', cluster: ClusterProfile.generic() });
const chart = new Chart(app, 'agents', { namespace: 'agents' });

const assistant = new Agent(chart, 'assistant', {
  prompt: Prompt.fromText('You answer in one sentence.'),
  model: Model.openai('gpt-5-mini', {
    credentials: Credentials.fromSecretName('openai'),
    // Data stays in Europe, where the project has been granted that; absent: OpenAI's global endpoint.
    dataResidency: OpenAIRegion.EU,
  }),
});

const gateway = new McpGateway(chart, 'gateway', { auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys')) });
gateway.addRoute('by-name', { match: RouteMatch.agent(assistant) });

app.synth();
