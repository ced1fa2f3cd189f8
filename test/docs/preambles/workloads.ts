import { Chart } from 'cdk8s';
import { App, ClusterProfile, Model, Peer, Prompt } from 'agentyard';

const metricsScraper = Peer.pods({ namespace: 'monitoring', podLabels: { 'app.kubernetes.io/name': 'prometheus' } });
const cluster = ClusterProfile.generic({ metricsScraper, apiServer: { cidrs: ['10.0.0.1/32'] } });
export const app = new App({ id: 'support', cluster });
export const chart = new Chart(app, 'support', { namespace: 'support' });
export const prompt = Prompt.fromText('You help operators to read their logs.');
export const model = Model.scripted([{ say: 'Nothing is wrong.' }]);
