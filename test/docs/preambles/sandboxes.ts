import { Chart } from 'cdk8s';
import { App, Role } from 'agentyard';

export const app = new App({ id: 'tools' });
export const chart = new Chart(app, 'tools', { namespace: 'tools' });
export const operator = Role.fromRoleName('operator');
