import { Chart } from 'cdk8s';
import { Agent, ApiKeys, App, Auth, ClusterProfile, McpGateway, Model, Peer, Prompt } from 'agentyard';

const metricsScraper = Peer.pods({ namespace: 'monitoring', podLabels: { 'app.kubernetes.io/name': 'prometheus' } });
const cluster = ClusterProfile.generic({ metricsScraper, apiServer: { cidrs: ['10.0.0.1/32'] } });
export const app = new App({ id: 'support-platform', cluster });
export const agents = new Chart(app, 'agents', { namespace: 'agents' });
export const front = new Chart(app, 'front', { namespace: 'front' });
new Agent(agents, 'support', {
  prompt: Prompt.fromText('You help operators to read their logs.'),
  model: Model.scripted([{ say: 'Nothing is wrong.' }]),
});
new McpGateway(front, 'gateway', { auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys')) });
