import { Chart } from 'cdk8s';
import { App } from 'agentyard';

export const app = new App({ id: 'support-platform' });
export const front = new Chart(app, 'front', { namespace: 'front' });
