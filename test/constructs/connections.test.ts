import { Chart } from 'cdk8s';
import * as plus from 'cdk8s-plus-29';
import { Peer, Port } from 'agentyard';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const policy = (program: Program, name: string, chart?: Chart): Manifest =>
  program.object('NetworkPolicy', name, chart).spec;
const rulesTo = (program: Program, name: string): Manifest[] =>
  (policy(program, name).egress ?? []).filter(({ ports }: any) => ports[0].port !== 53);

describe('connections by intent', () => {
  it('to a construct of this library: both sides, that port', () => {
    const program = new Program();
    const [one, two] = [program.agent('one'), program.agent('two')];
    one.connections.allowTo(two, Port.tcp(8080));
    expect(rulesTo(program, 'one')[0].to[0].podSelector.matchLabels).toMatchObject({ 'app.kubernetes.io/name': 'two' });
    expect(policy(program, 'two').ingress[0].from[0].podSelector.matchLabels).toMatchObject({
      'app.kubernetes.io/name': 'one',
    });
    expect(policy(program, 'two').ingress[0].ports).toEqual([{ protocol: 'TCP', port: 8080 }]);
  });

  it('allowFrom is the same from the other side, at the runtime’s port', () => {
    const program = new Program();
    const [one, two] = [program.agent('one'), program.agent('two')];
    two.connections.allowFrom(one);
    expect(rulesTo(program, 'one')).toHaveLength(1);
    expect(policy(program, 'two').ingress[0].ports).toEqual([{ protocol: 'TCP', port: 8080 }]);
  });

  it('to a workload of cdk8s-plus, in its namespace', () => {
    const program = new Program();
    const data = new Chart(program.app, 'data', { namespace: 'data' });
    const database = new plus.StatefulSet(data, 'postgres', {
      service: new plus.Service(data, 'service', { ports: [{ port: 5432 }] }),
      containers: [{ image: 'postgres' }],
      isolate: false,
    });
    program.agent('one').connections.allowTo(database, Port.tcp(5432));
    const [rule] = rulesTo(program, 'one');
    expect(rule.ports).toEqual([{ protocol: 'TCP', port: 5432 }]);
    expect(rule.to[0].namespaceSelector).toEqual({ matchLabels: { 'kubernetes.io/metadata.name': 'data' } });
    expect(Object.keys(rule.to[0].podSelector.matchLabels)).toEqual(['cdk8s.io/metadata.addr']);
  });

  it('to pods that cdk8s-plus selects without a namespace: those of the workload’s own', () => {
    const program = new Program();
    const pods = plus.Pods.select(program.chart, 'pods', { labels: { app: 'cache' } });
    program.agent('one').connections.allowTo(pods, Port.tcp(6379));
    expect(rulesTo(program, 'one')[0].to).toEqual([
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'agents' } },
        podSelector: { matchLabels: { app: 'cache' } },
      },
    ]);
  });

  it('to namespaces by name: not to all, though their label selector is empty', () => {
    const program = new Program();
    const namespaces = plus.Namespaces.select(program.chart, 'ns', { names: ['x', 'y'] });
    program.agent('one').connections.allowTo(namespaces, Port.tcp(80));
    expect(rulesTo(program, 'one').map(({ to }: any) => to[0].namespaceSelector)).toEqual([
      { matchLabels: { 'kubernetes.io/metadata.name': 'x' } },
      { matchLabels: { 'kubernetes.io/metadata.name': 'y' } },
    ]);
  });

  it('to a block of addresses, with exceptions and a range of ports', () => {
    const program = new Program();
    const { connections } = program.agent('one');
    connections.allowTo(Peer.cidr('10.0.0.0/8', ['10.1.0.0/16']), Port.tcpRange(8000, 8100));
    connections.allowTo(plus.NetworkPolicyIpBlock.ipv4(program.chart, 'block', '192.0.2.0/24'), Port.udp(514));
    expect(rulesTo(program, 'one')).toEqual([
      {
        to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }],
        ports: [{ protocol: 'TCP', port: 8000, endPort: 8100 }],
      },
      { to: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports: [{ protocol: 'UDP', port: 514 }] },
    ]);
    expect(policy(program, 'one').egress).toHaveLength(2);
  });

  it('our constructs are peers for the policies of cdk8s-plus', () => {
    const program = new Program();
    const agent = program.agent('one');
    const caller = new plus.Deployment(program.chart, 'caller', { containers: [{ image: 'x' }] });
    caller.connections.allowTo(agent, { ports: [plus.NetworkPolicyPort.tcp(8080)] });
    const policies = program.synth().filter(({ kind }) => kind === 'NetworkPolicy');
    expect(JSON.stringify(policies.map(({ spec }) => spec.egress))).toContain('"app.kubernetes.io/name":"one"');
  });
});
