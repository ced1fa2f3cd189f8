import { Chart, Duration } from 'cdk8s';
import { Agent, App, ClusterProfile, KeycloakRealm, Model, Prompt } from 'agentyard';

const cluster = ClusterProfile.generic({ apiServer: { cidrs: ['10.0.0.1/32'] } });
export const app = new App({ id: 'support', cluster });
export const chart = new Chart(app, 'support', { namespace: 'support' });
export const realm = new KeycloakRealm(chart, 'mcp-realm', { hostname: 'sso.example.com' });
export const analyst = realm.addRole('mcp-log-analyst');
const [support, supportNext] = ['support', 'support-next'].map(
  (id) =>
    new Agent(chart, id, {
      prompt: Prompt.fromText('You help operators to read their logs.'),
      model: Model.scripted([{ say: 'Nothing is wrong.' }]),
    }),
) as [Agent, Agent];
export { Duration, support, supportNext };
