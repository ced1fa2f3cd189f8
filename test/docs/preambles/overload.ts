import { Chart, Duration } from 'cdk8s';
import { Agent, App, ClusterProfile, Model, Prompt } from 'agentyard';

const cluster = ClusterProfile.generic({ apiServer: { cidrs: ['10.0.0.1/32'] } });
export const app = new App({ id: 'support-platform', cluster });
export const chart = new Chart(app, 'agents', { namespace: 'agents' });
export const longest = Duration.minutes(2);
export const support = new Agent(chart, 'support', {
  prompt: Prompt.fromText('You help operators to read their logs.'),
  model: Model.scripted([{ say: 'Nothing is wrong.' }]),
  timeout: longest,
});
