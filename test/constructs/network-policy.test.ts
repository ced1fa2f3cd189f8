import { Chart } from 'cdk8s';
import { Credentials, Entry, Model, RouteMatch } from 'agentyard';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const pods = (namespace: string, name: string, runtime: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
  podSelector: { matchLabels: { 'app.kubernetes.io/name': name, 'agentyard.dev/runtime': runtime } },
});
const port = (number: number, protocol = 'TCP') => ({ protocol, port: number });
const dns = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [port(53), port(53, 'UDP')],
};
/** The replicas of a gateway call each other. */
const peersOf = (namespace: string, name: string) => [pods(namespace, name, 'gateway')];
const policy = (program: Program, name: string, chart?: Chart): Manifest =>
  program.object('NetworkPolicy', name, chart).spec;

describe('network policies follow from references alone', () => {
  it.each(['agent', 'toolset'] as const)('%s: without a reference nothing goes in or out, not even DNS', (kind) => {
    const program = new Program();
    program[kind]('w');
    expect(policy(program, 'w')).toEqual({
      podSelector: {
        matchLabels: {
          'app.kubernetes.io/name': 'w',
          'agentyard.dev/runtime': kind === 'toolset' ? 'sandbox' : kind,
        },
      },
      policyTypes: ['Ingress', 'Egress'],
    });
  });

  it('a gateway without a reference reaches its own replicas, at a port of their own, and nothing else', () => {
    const program = new Program();
    program.gateway('w');
    expect(policy(program, 'w')).toEqual({
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'w', 'agentyard.dev/runtime': 'gateway' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: peersOf('agents', 'w'), ports: [port(8088)] }],
      egress: [dns, { to: peersOf('agents', 'w'), ports: [port(8088)] }],
    });
  });

  it('a tool opens agent to sandbox, on both sides, with its port', () => {
    const program = new Program();
    const logs = program.toolset('logs');
    program.agent('support', { tools: [logs.tool('greet')] });
    expect(policy(program, 'support')).not.toHaveProperty('ingress');
    expect(policy(program, 'support')).toMatchObject({
      egress: [dns, { to: [pods('agents', 'logs', 'sandbox')], ports: [port(8080)] }],
    });
    expect(policy(program, 'logs')).toMatchObject({
      ingress: [{ from: [pods('agents', 'support', 'agent')], ports: [port(8080)] }],
    });
    expect(policy(program, 'logs')).not.toHaveProperty('egress');
  });

  it('a route opens gateway to agent across namespaces, once however many routes there are', () => {
    const program = new Program();
    const front = new Chart(program.app, 'front', { namespace: 'front' });
    const support = program.agent('support');
    const gateway = program.gateway('gateway', {}, front);
    gateway.addRoute('a', { match: RouteMatch.agent(support) });
    gateway.addRoute('b', { match: RouteMatch.intent('x'), backends: [{ agent: support }] });
    expect(policy(program, 'gateway', front).egress).toEqual([
      dns,
      { to: [pods('agents', 'support', 'agent')], ports: [port(8080)] },
      { to: peersOf('front', 'gateway'), ports: [port(8088)] },
    ]);
    expect(policy(program, 'support').ingress).toEqual([
      { from: [pods('front', 'gateway', 'gateway')], ports: [port(8080)] },
    ]);
  });

  it('an agent whose requests a route sends to another is not opened', () => {
    const program = new Program();
    const [one, two] = [program.agent('one'), program.agent('two')];
    program.gateway('gateway').addRoute('r', { match: RouteMatch.agent(one), backends: [{ agent: two }] });
    expect(policy(program, 'one')).not.toHaveProperty('ingress');
    expect(policy(program, 'gateway').egress).toEqual([
      dns,
      { to: [pods('agents', 'two', 'agent')], ports: [port(8080)] },
      { to: peersOf('agents', 'gateway'), ports: [port(8088)] },
    ]);
  });

  it('without a connection there is no DNS, in the policy and in the pod', () => {
    const program = new Program();
    program.agent('hosted', { model: Model.anthropic('m', { credentials: Credentials.fromSecretName('s') }) });
    program.agent('scripted');
    expect(policy(program, 'hosted').egress).toContainEqual(dns);
    expect(program.object('Deployment', 'hosted').spec.template.spec).not.toHaveProperty('dnsPolicy');
    expect(policy(program, 'scripted')).not.toHaveProperty('egress');
    expect(program.object('Deployment', 'scripted').spec.template.spec).toMatchObject({ dnsPolicy: 'None' });
  });

  it('a toolset of a gateway is opened to that gateway and to no other', () => {
    const program = new Program();
    const logs = program.toolset('logs');
    program.gateway('with', { tools: [logs] });
    program.gateway('without');
    expect(policy(program, 'logs').ingress).toEqual([
      { from: [pods('agents', 'with', 'gateway')], ports: [port(8080)] },
    ]);
    expect(policy(program, 'without').egress).toEqual([dns, { to: peersOf('agents', 'without'), ports: [port(8088)] }]);
  });

  it('an entry opens the gateway to exactly what it names', () => {
    const program = new Program();
    program.gateway('gateway', { entries: [Entry.fromPods({ namespace: 'clients', podLabels: { app: 'cli' } })] });
    expect(policy(program, 'gateway').ingress).toEqual([
      { from: peersOf('agents', 'gateway'), ports: [port(8088)] },
      {
        from: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'clients' } },
            podSelector: { matchLabels: { app: 'cli' } },
          },
        ],
        ports: [port(8080)],
      },
    ]);
  });

  it('does not depend on the order of the program', () => {
    const build = (order: string[]) => {
      const program = new Program();
      const logs = program.toolset('logs');
      for (const id of order) program.agent(id, { tools: [logs] });
      return policy(program, 'logs');
    };
    expect(build(['b', 'a'])).toEqual(build(['a', 'b']));
  });
});
