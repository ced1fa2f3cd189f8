import path from 'node:path';
import { Chart } from 'cdk8s';
import {
  Agent,
  ApiKeys,
  App,
  Auth,
  ClusterProfile,
  Credentials,
  Egress,
  Entry,
  McpGateway,
  Model,
  Prompt,
  Role,
  RouteMatch,
  Toolset,
  ToolSource,
} from 'agentyard';
import { evaluate, hopsText } from 'agentyard/testing';
import 'agentyard/testing/jest';

const operator = Role.fromRoleName('operator');

// Your program. Export it from where it stands, without app.synth(), and import it here.
class Platform extends Chart {
  public readonly logs = new Toolset(this, 'logs', {
    source: ToolSource.fromDirectory(path.join(__dirname, '../fixtures/greeting-tools')),
    allowedRoles: [operator],
  });
  public readonly support = new Agent(this, 'support', {
    prompt: Prompt.fromText('You help operators to read their logs.'),
    model: Model.openai('gpt-4.1', { credentials: Credentials.fromSecretName('openai') }),
    tools: [this.logs],
  });
  public readonly gateway = new McpGateway(this, 'gateway', {
    auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')),
    entries: [Entry.fromPods({ namespace: 'ingress-nginx', podLabels: { app: 'ingress-nginx' } })],
  });
}

const app = new App({ id: 'support', cluster: ClusterProfile.generic({ egress: Egress.proxy() }) });
const platform = new Platform(app, 'platform', { namespace: 'agents' });
platform.gateway.addRoute('support', { match: RouteMatch.agent(platform.support) });

describe('the network of the platform', () => {
  const { support, logs, gateway } = platform;
  const network = evaluate(app);

  it('lets the agent call its model, its tools and DNS, and nothing else', () => {
    expect(network.at(support)).toReachOnly([['api.openai.com', 443], [logs, 8080], 'dns']);
  });

  it('lets tools call nobody', () => {
    expect(network.at(logs)).toReachOnly([]);
  });

  it('lets the gateway alone call the agent', () => {
    expect(network.at(gateway)).toReach(support, 8080);
    expect(network.at(support)).not.toBeReachableFrom({ namespace: 'other', labels: {} }, 8080);
    expect(network.callers(support).map(({ peer }) => peer)).toEqual(['Deployment agents/gateway']);
  });

  it('says why', () => {
    const verdict = network.canReach(support, 'evil.example', 443);
    expect(verdict.allowed).toBe(false);
    expect(verdict.because[0]).toContain('NetworkPolicy agents/support');
  });
});

describe('the tools of the platform', () => {
  const { support, logs } = platform;
  const calls = evaluate(app);

  it('are for operators', () => {
    expect(calls.as(operator)).toCallOnly([logs]);
    expect(calls.as(Role.anyCaller())).not.toBeAbleToCall(logs);
  });

  it('are not for the agent, unless it is invoked for somebody', () => {
    expect(calls.as(support)).toCallOnly([]);
  });

  it('are called through the agent alone', () => {
    const { paths } = calls.canCall(operator, logs);
    expect(new Set(paths.map(({ hops }) => hopsText(hops)))).toEqual(
      new Set(['gateway agents/gateway -> agent agents/support -> toolset agents/logs']),
    );
  });

  it('says why', () => {
    const { whyNot } = calls.canCall('viewer', logs);
    expect(whyNot).toMatch(/^agent agents\/support may call \w+ for users, but the tool asks for operator$/);
  });
});
