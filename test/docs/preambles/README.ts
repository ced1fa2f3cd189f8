import { Chart } from 'cdk8s';
import { Agent, ApiKeys, App, Auth, Credentials, McpGateway, Model, Prompt, Role, Toolset } from 'agentyard';
import { evaluate } from 'agentyard/testing';
import 'agentyard/testing/jest';
import { LOG_ANALYSIS } from '../log-analysis';

export const app = new App({ id: 'support' });
const chart = new Chart(app, 'support', { namespace: 'support' });
const [analyst, reader] = [Role.fromRoleName('log-analyst'), Role.fromRoleName('log-viewer')];
export const logs = new Toolset(chart, 'log-analysis', {
  source: LOG_ANALYSIS,
  allowedRoles: [analyst],
  toolRoles: { privacy: [analyst, reader] },
});
const agent = new Agent(chart, 'support', {
  prompt: Prompt.fromText('You help operators to read their logs.'),
  model: Model.anthropic('claude-sonnet-4-5', { credentials: Credentials.fromSecretName('anthropic-credentials') }),
  tools: [logs],
});
new McpGateway(chart, 'gateway', { auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys')), tools: [logs] });

export const support = evaluate(app).at(agent);
export const viewer = evaluate(app).as(reader);
