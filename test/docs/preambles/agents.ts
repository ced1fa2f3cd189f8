import { Chart } from 'cdk8s';
import { App, ClusterProfile } from 'agentyard';
import { LOG_ANALYSIS } from '../log-analysis';

const cluster = ClusterProfile.generic({ apiServer: { cidrs: ['10.0.0.1/32'] } });
export const app = new App({ id: 'support-platform', cluster });
export const chart = new Chart(app, 'agents', { namespace: 'agents' });
export const source = LOG_ANALYSIS;
