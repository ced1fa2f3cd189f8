import { Chart } from 'cdk8s';
import { ApiKeys, App, Auth, Role } from 'agentyard';

export const app = new App({ id: 'tools' });
export const chart = new Chart(app, 'tools', { namespace: 'tools' });
export const auth = Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys'));
export const [viewer, developer] = [Role.fromRoleName('viewer'), Role.fromRoleName('developer')];
