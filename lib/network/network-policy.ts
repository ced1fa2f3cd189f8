import { dnsConnections, type DnsFacts } from './cluster-dns';
import { peerKey, renderPeer, type Connection } from './peer';
import { portKey, type PortRange } from './port';

/** What a workload's NetworkPolicy follows from. */
export interface NetworkIntent {
  /** Labels that select the workload's pods. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** Who may connect to it, and at which of its ports. */
  readonly ingress: readonly Connection[];
  /** Whom it may connect to, and at which of their ports. */
  readonly egress: readonly Connection[];
  /** Where it may resolve names; absent: nowhere. */
  readonly dns?: DnsFacts;
}

/**
 * The spec of a NetworkPolicy that denies both directions but for the given connections. Without any, a direction has no
 * list: the API server does not store an empty one, and would find ours to be new at each apply.
 */
export function networkPolicySpec({ podLabels, ingress, egress, dns }: NetworkIntent) {
  const inward = rules(ingress).map(({ peer, ports }) => ({ from: [peer], ports }));
  const outward = [...rules(dns ? dnsConnections(dns) : []), ...rules(egress)].map(({ peer, ports }) => ({
    to: [peer],
    ports,
  }));
  return {
    podSelector: { matchLabels: { ...podLabels } },
    policyTypes: ['Ingress', 'Egress'],
    ...(inward.length > 0 && { ingress: inward }),
    ...(outward.length > 0 && { egress: outward }),
  };
}

/** One rule a peer, with each of its ports once, in an order of its own. */
function rules(connections: readonly Connection[]) {
  const byPeer = new Map<string, { readonly peer: Connection['peer']; readonly ports: Map<string, PortRange> }>();
  for (const { peer, port } of connections) {
    const rule = byPeer.get(peerKey(peer)) ?? { peer, ports: new Map<string, PortRange>() };
    rule.ports.set(portKey(port), port);
    byPeer.set(peerKey(peer), rule);
  }
  return sortedByKey(byPeer).map(({ peer, ports }) => ({ peer: renderPeer(peer), ports: sortedByKey(ports) }));
}

function sortedByKey<T>(entries: ReadonlyMap<string, T>): T[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
