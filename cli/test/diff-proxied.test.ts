import { Peer, Port, type HostPeerOptions } from 'agentyard';
import type { KubernetesObject } from 'agentyard/reachability';
import { Program } from '../../test/constructs/program';
import { between } from './fixtures/difference';

const HOST = 'api.example.com';

/** Two agents that reach one host through the egress proxy, each by a list of its own if their options differ. */
function agents(one: HostPeerOptions, two: HostPeerOptions): KubernetesObject[] {
  const program = new Program();
  for (const [id, options] of Object.entries({ one, two })) {
    program.agent(id).connections.allowTo(Peer.host(HOST, options), Port.tcp(443));
  }
  return program.app.charts.flatMap((chart) => program.synth(chart));
}

describe('what the egress proxy does for a workload', () => {
  const inside = { privateEndpoints: [Peer.cidr('10.0.0.0/8')] };

  it.each<[what: string, options: HostPeerOptions, line: string]>([
    [
      'private addresses',
      inside,
      `may connect to private addresses of ${HOST}:443, through the egress proxy: 10.0.0.0/8`,
    ],
    ['requests without TLS', { tls: false }, `may send requests without TLS to ${HOST}:443, through the egress proxy`],
  ])('is its own, whatever it does for others: %s', (_, options, line) => {
    const { widened, lines } = between(agents(options, {}), agents(options, options));
    expect(widened).toBe(true);
    expect(lines.filter((one) => one.startsWith('+'))).toEqual([`+ agents/two: ${line}`]);
    expect(between(agents(options, options), agents(options, {})).widened).toBe(false);
  });

  it('is compared by addresses, not by blocks', () => {
    const lists = (...cidrs: string[]) => agents({}, { privateEndpoints: cidrs.map((cidr) => Peer.cidr(cidr)) });
    const { lines } = between(lists('10.0.0.0/8'), lists('10.1.0.0/16', '10.2.0.0/16'));
    expect(lines.filter((line) => line.startsWith('+'))).toEqual([]);
    expect(between(lists('10.1.0.0/16'), lists('10.1.0.0/16', '10.2.0.0/16')).lines).toContain(
      `+ agents/two: may connect to private addresses of ${HOST}:443, through the egress proxy: 10.2.0.0/16`,
    );
  });

  it('is told of at the proxy, if no workload reaches a list', () => {
    const without = (objects: KubernetesObject[]) => objects.filter(({ metadata }) => metadata?.name !== 'two');
    const { lines } = between(without(agents({}, {})), without(agents({}, inside)));
    expect(lines).toContain(
      '+ agents/egress-proxy: may connect to private addresses of api.example.com:443: 10.0.0.0/8',
    );
  });
});
