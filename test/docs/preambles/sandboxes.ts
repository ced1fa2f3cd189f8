import { Chart } from 'cdk8s';
import { App, Role } from 'agentyard';
import { LOG_ANALYSIS } from '../log-analysis';

export const app = new App({ id: 'support' });
export const chart = new Chart(app, 'support', { namespace: 'support' });
export const reports = LOG_ANALYSIS;
export const plugins = LOG_ANALYSIS;
export const operator = Role.fromRoleName('operator');
