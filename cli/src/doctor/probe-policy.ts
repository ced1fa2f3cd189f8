import type { DnsFacts } from './options.js';
import type { ProbeScope } from './probe-scope.js';
import type { Direction } from './probe-step.js';

/** Pods that a policy lets through. */
export interface PolicyPeer {
  readonly namespace: string;
  readonly podLabels: Readonly<Record<string, string>>;
}

/** What a policy allows: a peer, or a block of addresses, at ports. */
export interface PolicyRule {
  readonly peer: PolicyPeer | string;
  readonly ports: readonly { readonly protocol: 'TCP' | 'UDP'; readonly port: number; readonly endPort?: number }[];
}

/** The cluster's DNS and nothing else, over UDP and TCP. */
export function dnsRules({ namespace, podLabels, port, cidrs }: DnsFacts): PolicyRule[] {
  const ports = [
    { protocol: 'UDP', port },
    { protocol: 'TCP', port },
  ] as const;
  return [{ namespace, podLabels }, ...cidrs].map((peer) => ({ peer, ports }));
}

/** The probe's one policy, which selects nothing but its own pods. */
export function networkPolicy(scope: ProbeScope, direction: Direction, rules: readonly PolicyRule[]) {
  const allowed = rules.map(({ peer, ports }) => ({ peers: [renderPeer(peer)], ports }));
  const spec =
    direction === 'ingress'
      ? { policyTypes: ['Ingress'], ingress: allowed.map(({ peers, ports }) => ({ from: peers, ports })) }
      : { policyTypes: ['Egress'], egress: allowed.map(({ peers, ports }) => ({ to: peers, ports })) };
  const selected = scope.podLabels(direction === 'ingress' ? 'listener' : 'caller');
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: scope.metadata('agentyard-doctor'),
    spec: { podSelector: { matchLabels: selected }, ...spec },
  };
}

/** Both selectors stand in one element, so both must hold: as the policies that Agentyard synthesizes. */
function renderPeer(peer: PolicyPeer | string) {
  if (typeof peer === 'string') return { ipBlock: { cidr: peer } };
  return {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': peer.namespace } },
    podSelector: { matchLabels: peer.podLabels },
  };
}
