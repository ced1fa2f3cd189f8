import { Chart } from 'cdk8s';
import { Agent, App, ClusterProfile, Model, Prompt } from 'agentyard';

export const cluster = ClusterProfile.generic({ apiServer: { cidrs: ['10.0.0.1/32'] } });
export const app = new App({ id: 'support-platform', cluster });
export const chart = new Chart(app, 'support', { namespace: 'support' });
new Agent(chart, 'support', {
  prompt: Prompt.fromText('You help operators to read their logs.'),
  model: Model.scripted([{ say: 'Nothing is wrong.' }]),
});
