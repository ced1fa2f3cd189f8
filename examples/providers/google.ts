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

// kubectl -n agents create secret generic google --from-literal=GOOGLE_GENERATIVE_AI_API_KEY=…
const app = new App({ id: 'google-example', cluster: ClusterProfile.generic() });
const chart = new Chart(app, 'agents', { namespace: 'agents' });

const assistant = new Agent(chart, 'assistant', {
  prompt: Prompt.fromText('You answer in one sentence.'),
  model: Model.google('gemini-2.5-flash', { credentials: Credentials.fromSecretName('google') }),
});

const gateway = new McpGateway(chart, 'gateway', { auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys')) });
gateway.addRoute('by-name', { match: RouteMatch.agent(assistant) });

app.synth();
