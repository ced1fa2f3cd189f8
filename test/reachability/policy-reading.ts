import type { KubernetesObject } from 'agentyard/reachability';
import type { Packet, Pod } from './packet';

export type Direction = 'ingress' | 'egress';

/** What a rule says of the packets that it matches. */
export interface Rule {
  readonly says: 'allow' | 'deny' | 'pass';
  readonly matches: (packet: Packet) => boolean;
  /** Whether a name may be asked of DNS in packets that it matches; absent: any. */
  readonly allowsAsking?: (packet: Packet, name: string) => boolean;
}

/** What a policy says of one direction. */
export interface PolicyReading {
  readonly direction: Direction;
  /** Policies of the tiers decide in this order; those of namespaces add up. */
  readonly tier: 'Admin' | 'Namespace' | 'Baseline';
  /** Within the tiers of the cluster, the lowest first. */
  readonly priority: number;
  readonly selects: (pod: Pod) => boolean;
  readonly rules: readonly Rule[];
}

/** Reads the policies of one kind. */
export type PolicyReader = (policy: KubernetesObject) => PolicyReading[];
