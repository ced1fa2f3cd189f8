import { Chart } from 'cdk8s';
import { Agent, App, ClusterProfile, Model, Prompt, Role, Toolset } from 'agentyard';
import { LOG_ANALYSIS } from '../log-analysis';

const cluster = ClusterProfile.generic({ apiServer: { cidrs: ['10.0.0.1/32'] } });
export const app = new App({ id: 'support', cluster });
export const chart = new Chart(app, 'support', { namespace: 'support' });
export const source = LOG_ANALYSIS;
export const logs = new Toolset(chart, 'log-analysis', { source, allowedRoles: [Role.anyCaller()] });
export const support = new Agent(chart, 'support', {
  prompt: Prompt.fromText('You help operators to read their logs.'),
  model: Model.scripted([{ say: 'Nothing is wrong.' }]),
});
