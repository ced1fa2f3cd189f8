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

// kubectl -n agents create secret generic azure --from-literal=AZURE_API_KEY=…
const app = new App({ id: 'azure-example', cluster: ClusterProfile.generic() });
const chart = new Chart(app, 'agents', { namespace: 'agents' });

const assistant = new Agent(chart, 'assistant', {
  prompt: Prompt.fromText('You answer in one sentence.'),
  model: Model.azure('assistant-gpt', {
    // The deployment above, of the resource https://contoso-ai.openai.azure.com.
    resourceName: 'contoso-ai',
    credentials: Credentials.fromSecretName('azure'),
  }),
});

const gateway = new McpGateway(chart, 'gateway', { auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys')) });
gateway.addRoute('by-name', { match: RouteMatch.agent(assistant) });

app.synth();
