import { ApiObject } from 'cdk8s';
import 'agentyard/testing/jest';
import { ApiKeys, Auth, ClusterProfile, Credentials, Egress, Entry, Model, Peer, Port, RouteMatch } from 'agentyard';
import { evaluate, matchers, type ExpectedPath } from 'agentyard/testing';
import { Program } from '../constructs/program';
import { silenceWarnings } from '../constructs/silence-warnings';

silenceWarnings();

function platform(egress = Egress.cilium()) {
  const program = new Program('agents', ClusterProfile.generic({ egress }));
  const logs = program.toolset('logs');
  const model = Model.openai('m', { credentials: Credentials.fromSecretName('s') });
  const support = program.agent('support', { model, tools: [logs] });
  const gateway = program.gateway('gateway', {
    auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')),
    entries: [Entry.fromPods({ namespace: 'clients', podLabels: { app: 'cli' } })],
  });
  gateway.addRoute('r', { match: RouteMatch.agent(support) });
  return { program, logs, support, gateway };
}

/** What a user reads when an expectation fails. */
function failure(expectation: () => void): string {
  try {
    expectation();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the expectation did not fail');
}

const cli = { namespace: 'clients', labels: { app: 'cli' } };

describe('matchers', () => {
  const { logs, support, gateway } = platform();

  it('follow the graph: client to gateway to agent to toolset, and no other way', () => {
    expect(gateway).toReach(support, 8080);
    expect(support).toReach(logs, 8080);
    expect(gateway).not.toReach(logs, 8080);
    expect(logs).not.toReach(support, 8080);
    expect(support).not.toReach(gateway, 8080);
    expect(support).not.toReach(logs, 8081);
    expect(support).not.toReach(logs, 8080, 'UDP');
    expect(gateway).toBeReachableFrom(cli, 8080);
    expect(gateway).not.toBeReachableFrom({ namespace: 'clients', labels: { app: 'web' } }, 8080);
    expect(support).not.toBeReachableFrom(cli, 8080);
    expect(support).toBeReachableFrom(gateway, 8080);
    expect(logs).not.toBeReachableFrom('203.0.113.7', 8080);
  });

  it('take names of Services and hosts', () => {
    expect(support).toReach('logs.agents.svc.cluster.local', 8080);
    expect(support).toReach('logs-pods', 8080);
    expect(support).toReach('api.openai.com', 443);
    expect(support).not.toReach('api.anthropic.com', 443);
  });

  it('toReachOnly: exactly these, no more and no less', () => {
    expect(support).toReachOnly([['api.openai.com', 443], [logs, 8080], 'dns']);
    expect(support).not.toReachOnly([
      ['api.openai.com', 443],
      [logs, 8080],
    ]);
    expect(support).not.toReachOnly([['api.openai.com', 443], 'dns']);
    expect(support).not.toReachOnly([['api.openai.com', 443], [logs, 8080], [gateway, 8080], 'dns']);
    expect(support).not.toReachOnly([['api.openai.com', 80], [logs, 8080], 'dns']);
    expect(support).not.toReachOnly([['api.openai.com', 443, 'UDP'], [logs, 8080], 'dns']);
    expect(logs).toReachOnly([]);
  });

  it('toReachOnly: other pods by what policies name of them', () => {
    const kubeDns = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };
    expect(support).toReachOnly([
      ['API.openai.com.', '443'],
      [logs, 8080],
      [kubeDns, 53, 'any'],
    ]);
    expect(support).not.toReachOnly([
      ['api.openai.com', 443],
      [logs, 8080],
      [{ ...kubeDns, labels: {} }, 53, 'any'],
    ]);
  });

  it('toReachOnly: other pods that policies let in beside those of the program', () => {
    const { program, logs: tools, support: agent } = platform();
    const sandboxes = { namespace: 'agents', podLabels: { 'agentyard.dev/runtime': 'sandbox' } };
    agent.connections.allowTo(Peer.pods(sandboxes), Port.tcp(8080));
    const expected: ExpectedPath[] = [['api.openai.com', 443], [tools, 8080], 'dns'];
    const network = evaluate(program.app);
    expect(network.at(agent)).not.toReachOnly(expected);
    const others = { namespace: 'agents', labels: sandboxes.podLabels };
    expect(network.at(agent)).toReachOnly([...expected, [others, 8080]]);
  });

  it('toReachOnly: a host behind the proxy with the private blocks that it may lead to', () => {
    const { program, logs: tools, support: agent } = platform(Egress.proxy());
    const privateEndpoints = [Peer.cidr('10.1.2.0/24'), Peer.cidr('10.8.0.0/16')];
    const host = 'vllm.corp.example';
    agent.connections.allowTo(Peer.host(host, { privateEndpoints }), Port.tcp(443));
    const network = evaluate(program.app);
    const only = (...more: ExpectedPath[]) =>
      matchers.toReachOnly(network.at(agent), [...([['api.openai.com', 443], [tools, 8080], 'dns'] as const), ...more]);
    const privateCidrs = ['10.8.0.0/16', '10.1.2.0/24'];
    expect(only([{ host, privateCidrs }, 443]).pass).toBe(true);
    expect(only([{ host: 'VLLM.corp.example.', privateCidrs }, 443]).pass).toBe(true);
    for (const to of [
      host,
      { host, privateCidrs: ['10.1.2.0/24'] },
      { host, privateCidrs: [] },
      { host: 'a.example', privateCidrs },
    ]) {
      expect(only([to, 443]).pass).toBe(false);
    }
    expect(only([{ host, privateCidrs }, 80]).pass).toBe(false);
    expect(network.at(agent)).not.toReachOnly([[{ host: 'api.openai.com', privateCidrs }, 443], [tools, 8080], 'dns']);
    const text = only([{ host, privateCidrs: ['10.1.2.0/24'] }, 443]).message();
    expect(text).toContain(
      'It reaches more:\n  - vllm.corp.example, which may lead to 10.1.2.0/24, 10.8.0.0/16, at TCP 443, through the egress proxy\n',
    );
    expect(text).toContain('It does not reach:\n  - vllm.corp.example, which may lead to 10.1.2.0/24, at TCP 443');
  });

  it('toReachOnly: a way to everybody is none of those expected', () => {
    const { program, logs: tools } = platform();
    const stray = new ApiObject(program.chart, 'stray', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'stray', labels: { app: 'stray' } },
      spec: { containers: [] },
    });
    expect(stray).not.toReachOnly([[stray, 'all', 'any'], 'dns']);
    expect(() => expect(stray).toReachOnly([[stray, 'all', 'any'], 'dns'])).toThrow(
      'It reaches more:\n  - anyone at all ports (DNS)\n',
    );
    expect(stray).not.toReach(tools, 8080);
  });
});

describe('failures say why, and what is reached instead', () => {
  const { logs, support, gateway } = platform();

  it('toReach', () => {
    expect(failure(() => expect(support).toReach('api.anthropic.com', 443))).toBe(
      `Deployment agents/support may not connect to api.anthropic.com at TCP 443, because:
  - Deployment agents/support is closed for egress by CiliumNetworkPolicy agents/support-egress and NetworkPolicy agents/support, and no rule allows to api.anthropic.com at TCP 443

What it may connect to:
  - Deployment agents/logs at TCP 8080
  - api.openai.com at TCP 443
  - endpoints k8s-app=kube-dns in namespace kube-system at port 53 of any protocol (DNS)`,
    );
  });

  it('not.toReach', () => {
    expect(failure(() => expect(support).not.toReach(logs, 8080))).toBe(
      `Deployment agents/support may connect to Deployment agents/logs at TCP 8080, because:
  - NetworkPolicy agents/support allows it: egress rule 1, to pods agentyard.dev/runtime=sandbox, app.kubernetes.io/name=logs in namespace agents
  - NetworkPolicy agents/logs allows it: ingress rule 1, from pods agentyard.dev/runtime=agent, app.kubernetes.io/name=support in namespace agents`,
    );
  });

  it('toBeReachableFrom', () => {
    expect(failure(() => expect(support).toBeReachableFrom(cli, 8080))).toContain(
      `pods app=cli in namespace clients may not connect to Deployment agents/support at TCP 8080, because:
  - Deployment agents/support is closed for ingress by NetworkPolicy agents/support, and no rule allows from pods app=cli in namespace clients at TCP 8080`,
    );
    expect(failure(() => expect(gateway).not.toBeReachableFrom(cli, 8080))).toContain(
      'NetworkPolicy agents/gateway allows it: ingress rule 2, from pods app=cli in namespace clients',
    );
  });

  it('toReachOnly', () => {
    expect(failure(() => expect(support).toReachOnly([['example.com', 443], 'dns', [logs, 8080]]))).toBe(
      `Deployment agents/support does not reach exactly what was expected.

It reaches more:
  - api.openai.com at TCP 443
      CiliumNetworkPolicy agents/support-egress allows it: egress rule 2, to api.openai.com

It does not reach:
  - example.com at TCP 443`,
    );
    expect(failure(() => expect(logs).not.toReachOnly([]))).toBe(
      'Deployment agents/logs reaches exactly what was expected:',
    );
  });

  it('through the egress proxy', () => {
    const { support: proxied } = platform(Egress.proxy());
    expect(failure(() => expect(proxied).not.toReach('api.openai.com', 443))).toMatch(
      /^Deployment agents\/support may connect, through the egress proxy, to api\.openai\.com at TCP 443, because:/,
    );
    const message = failure(() => expect(proxied).toReach('evil.example', 443));
    expect(message).toContain(
      'The name may be asked of DNS, in which data may leave, because:\n  - NetworkPolicy agents/support',
    );
    expect(message).toContain('api.openai.com at TCP 443, through the egress proxy');
  });
});
