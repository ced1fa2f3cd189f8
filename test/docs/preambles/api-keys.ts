import { Chart } from 'cdk8s';
import { App, ClusterProfile } from 'agentyard';

export const app = new App({ id: 'keys', cluster: ClusterProfile.eks({ apiServer: { cidrs: ['10.0.0.16/28'] } }) });
export const chart = new Chart(app, 'keys', { namespace: 'agents' });
