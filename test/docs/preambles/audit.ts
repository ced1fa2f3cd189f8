import { Chart } from 'cdk8s';
import { ApiKeys, App, Role, Toolset } from 'agentyard';
import { LOG_ANALYSIS } from '../log-analysis';

export const app = new App({ id: 'support' });
export const chart = new Chart(app, 'support', { namespace: 'support' });
export const keys = ApiKeys.fromSecretName('gateway-api-keys');
export const logs = new Toolset(chart, 'log-analysis', { source: LOG_ANALYSIS, allowedRoles: [Role.anyCaller()] });
