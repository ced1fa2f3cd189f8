import { Chart } from 'cdk8s';
import { App, ClusterProfile, Credentials } from 'agentyard';

const cluster = ClusterProfile.generic({ apiServer: { cidrs: ['10.0.0.1/32'] } });
export const app = new App({ id: 'support', cluster });
export const chart = new Chart(app, 'support', { namespace: 'support' });
export const credentials = Credentials.fromIamRole('arn:aws:iam::123456789012:role/support');
