import { ClusterProfile, Credentials, Egress, Model, Peer, Port } from 'agentyard';
import { evaluate } from 'agentyard/testing';
import 'agentyard/testing/jest';
import { Program } from '../constructs/program';
import { silenceWarnings } from '../constructs/silence-warnings';

silenceWarnings();

const engines: [string, Egress, 'direct' | 'proxy'][] = [
  ['proxy', Egress.proxy(), 'proxy'],
  ['cilium', Egress.cilium(), 'direct'],
  ['gke', Egress.gke({ dataplaneV2: true, fqdnNetworkPolicy: true }), 'direct'],
  ['eks', Egress.eks({ autoMode: true }), 'direct'],
  ['clusterNetworkPolicy', Egress.clusterNetworkPolicy({ experimentalChannel: true }), 'direct'],
];

describe.each(engines)('what is synthesized for %s', (_, egress, via) => {
  function platform() {
    const program = new Program('agents', ClusterProfile.generic({ egress }));
    const logs = program.toolset('logs');
    const model = Model.openai('m', { credentials: Credentials.fromSecretName('s') });
    const support = program.agent('support', { model, tools: [logs] });
    const quiet = program.agent('quiet');
    return { network: evaluate(program.app), program, logs, support, quiet };
  }

  it('lets an agent reach its model and its tools, ask DNS for them, and nothing else', () => {
    const { network, logs, support } = platform();
    expect(network.at(support)).toReachOnly([['api.openai.com', 443], [logs, 8080], 'dns']);
    expect(network.canReach(support, 'api.openai.com', 443)).toMatchObject({ allowed: true, via });
    for (const host of [
      'api.anthropic.com',
      'x.api.openai.com',
      '8.8.8.8',
      '169.254.169.254',
      'kubernetes.default.svc',
    ]) {
      expect(network.at(support)).not.toReach(host, 443);
    }
  });

  it('lets an agent without a hosted model reach nothing at all', () => {
    const { network, logs, quiet } = platform();
    expect(network.at(quiet)).toReachOnly([]);
    expect(network.at(logs)).toReachOnly([]);
  });

  it('lets one more host in as one more path', () => {
    const { program, logs, support } = platform();
    support.connections.allowTo(Peer.host('api.example.com'), Port.tcp(8443));
    expect(support).toReachOnly([['api.openai.com', 443], ['api.example.com', 8443], [logs, 8080], 'dns']);
    expect(evaluate(program.app).canReach(support, 'api.example.com', 443).allowed).toBe(false);
  });
});
