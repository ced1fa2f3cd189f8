import { Chart } from 'cdk8s';
import { ApiKeys, App, Auth, ClusterProfile, McpGateway } from 'agentyard';

const ingress = { namespace: 'ingress-nginx', podLabels: { 'app.kubernetes.io/name': 'ingress-nginx' } };
const cluster = ClusterProfile.openshift({ ingress, apiServer: { cidrs: ['10.0.0.1/32'] } });
export const app = new App({ id: 'support', cluster });
export const front = new Chart(app, 'front', { namespace: 'front' });
export const auth = Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys'));
export const gateway = new McpGateway(front, 'gateway', { auth, publicUrl: 'https://mcp.example.com' });
