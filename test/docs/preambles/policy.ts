import { Chart } from 'cdk8s';
import { App, Model, Prompt } from 'agentyard';
import { LOG_ANALYSIS } from '../log-analysis';

export const app = new App({ id: 'support' });
export const chart = new Chart(app, 'support', { namespace: 'support' });
export const prompt = Prompt.fromText('You help operators to read their logs.');
export const model = Model.scripted([{ say: 'Nothing is wrong.' }]);
export const source = LOG_ANALYSIS;
