import { Chart } from 'cdk8s';
import { App } from 'agentyard';

export const app = new App({ id: 'identity' });
export const chart = new Chart(app, 'identity', { namespace: 'keycloak' });
