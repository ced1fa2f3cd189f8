import { Chart } from 'cdk8s';
import { Agent, ApiKeys, App, Auth, ClusterProfile, McpGateway, Model, Peer, Prompt, RouteMatch } from 'agentyard';

// vLLM, Ollama and others: a Service of the cluster that speaks OpenAI's chat completions, here vllm.models at port 8000.
const app = new App({ id: 'openai-compatible-example', cluster: ClusterProfile.generic() });
const chart = new Chart(app, 'agents', { namespace: 'agents' });

const assistant = new Agent(chart, 'assistant', {
  prompt: Prompt.fromText('You answer in one sentence.'),
  model: Model.openaiCompatible('qwen3-8b', {
    baseUrl: 'http://vllm.models.svc:8000/v1',
    servedBy: Peer.pods({ namespace: 'models', podLabels: { app: 'vllm' } }),
  }),
});

const gateway = new McpGateway(chart, 'gateway', { auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys')) });
gateway.addRoute('by-name', { match: RouteMatch.agent(assistant) });

app.synth();
