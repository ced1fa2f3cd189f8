import type { CidrPeer, Connection, PodPeer } from './peer';

/** Where the cluster's DNS is asked: its pods, and the addresses of a cache on the node, at one port. */
export interface DnsFacts {
  readonly peers: readonly (PodPeer | CidrPeer)[];
  /** Port of the DNS pods, which is not always the Service's 53. */
  readonly port: number;
}

/** The openings to the cluster's DNS, over UDP and TCP. */
export function dnsConnections({ peers, port }: DnsFacts): Connection[] {
  return peers.flatMap((peer) => [
    { peer, port: { protocol: 'UDP', port } },
    { peer, port: { protocol: 'TCP', port } },
  ]);
}
