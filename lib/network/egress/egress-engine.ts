import type { DnsFacts } from '../cluster-dns';
import type { PodPeer } from '../peer';
import type { HostRule } from './host-rule';

/** What one workload asks of an engine. */
export interface EgressIntent {
  readonly pods: PodPeer;
  readonly name: string;
  readonly hosts: readonly HostRule[];
  /** Names of Services that it resolves, as its runtime spells them: `logs-pods.agents.svc`. */
  readonly serviceHosts: readonly string[];
  readonly dns: DnsFacts;
  /** Domain of the cluster, for example `cluster.local`. */
  readonly clusterDomain: string;
  /** Port of the API server, if the workload calls it. */
  readonly apiServerPort?: number;
}

/** A policy object of an engine. Objects of the cluster itself have no namespace. */
export interface EgressPolicy {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly clusterScoped: boolean;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What an engine cannot hold of an intent, and what to do. */
export interface EgressFault {
  readonly message: string;
  readonly remedy: string;
}

/** An engine of the cluster that opens egress by name with a policy object per workload. */
export interface PolicyEngine {
  /** As in `Egress.<name>()`. */
  readonly name: string;
  /** Whether its policy opens DNS itself, limited to names; else the NetworkPolicy opens DNS. */
  readonly filtersDns: boolean;
  /** Whether it knows the API server as a peer of its own, without addresses. */
  readonly knowsApiServer: boolean;
  faults(intent: EgressIntent): EgressFault[];
  /** The policy; absent if there is nothing to open. */
  policy(intent: EgressIntent): EgressPolicy | undefined;
}
