import { anyOf, type Match } from './match';
import type { Party } from './party';
import type { Peer } from './peer';
import type { PodSelection } from './pod-selector';
import type { PortMatch } from './port-match';
import type { Protocol } from './protocol';

/** Of the pods that a policy is about: whether they call or are called. */
export type Direction = 'egress' | 'ingress';

/** In their order; a tier decides what no tier before it decided. */
export type Tier = 'Admin' | 'Namespace' | 'Baseline';

/** One rule of a policy. */
export interface PolicyRule {
  readonly direction: Direction;
  /** `pass` leaves the decision to the next tier. */
  readonly action: 'allow' | 'deny' | 'pass';
  /** How answers call it: `egress rule 1`. */
  readonly title: string;
  /** Absent: everybody. */
  readonly peers?: readonly Peer[];
  /** Absent: all ports. */
  readonly ports?: readonly PortMatch[];
}

/** A policy of any kind, in the one form that is evaluated. */
export interface Policy {
  /** How answers call it: `NetworkPolicy agents/support`. */
  readonly title: string;
  readonly tier: Tier;
  /** Within the Admin and the Baseline tier, lower numbers decide first. */
  readonly priority: number;
  /** The pods that it is about; those in the network of their node are left out. */
  readonly subject: PodSelection;
  /** Directions in which its pods are closed but for what rules allow. */
  readonly isolates: readonly Direction[];
  readonly rules: readonly PolicyRule[];
}

export function matchPeers({ peers }: PolicyRule, party: Party): Match {
  return peers === undefined ? 'yes' : anyOf(peers, (peer) => peer.match(party));
}

/** Namespaces that a policy names, its own included. */
export function namespacesNamedBy({ subject, rules }: Policy): string[] {
  const peers = rules.flatMap((rule) => rule.peers ?? []);
  return [...subject.namespaceNames, ...peers.flatMap(({ namespaceNames }) => namespaceNames ?? [])];
}

export function matchPorts({ ports }: PolicyRule, target: Party, port: number, protocol: Protocol): Match {
  return ports === undefined ? 'yes' : anyOf(ports, (one) => one.match(target, port, protocol));
}
