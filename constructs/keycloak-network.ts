import type { HostRule } from '../lib/network/egress/host-rule';
import type { NetworkPeer } from '../lib/network/peer';
import type { PortRange } from '../lib/network/port';

/** Pods that may be let out to a peer. */
export interface NetworkOpener {
  allowTo(peer: NetworkPeer, port: PortRange): void;
  allowToHost(host: HostRule): void;
}
