import { Chart } from 'cdk8s';
import { ApiKeys, App, Auth, Model, Prompt, Role, Toolset } from 'agentyard';
import { LOG_ANALYSIS as source } from '../log-analysis';

export const app = new App({ id: 'support' });
export const chart = new Chart(app, 'support', { namespace: 'support' });
export const auth = Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys'));
export const prompt = Prompt.fromText('You help operators to read their logs.');
export const model = Model.scripted([{ say: 'Nothing is wrong.' }]);
export const logs = new Toolset(chart, 'logs', { source, allowedRoles: [Role.anyCaller()] });
