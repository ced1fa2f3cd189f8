import { isIPv6 } from 'node:net';
import type { KubernetesObject } from '../cluster/api-server';

/** A pod as the plugin knows it. */
export interface PluggedPod {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
}

/** What a network plugin takes notice of; real ones lack one or the other. */
export interface Abilities {
  readonly ingress: boolean;
  readonly egress: boolean;
  readonly endPort: boolean;
  readonly namespaceSelector: boolean;
  readonly podSelector: boolean;
  readonly ports: boolean;
}

export const ALL_ABILITIES: Abilities = {
  ingress: true,
  egress: true,
  endPort: true,
  namespaceSelector: true,
  podSelector: true,
  ports: true,
};

/** The packet filter of a pod under the policies of a cluster, for nftables: what a CNI plugin makes of NetworkPolicies. */
export function packetFilter(
  pod: PluggedPod,
  pods: readonly PluggedPod[],
  policies: readonly KubernetesObject[],
  abilities: Abilities,
): string {
  const selecting = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace && matches(pod.labels, spec.podSelector.matchLabels as Labels),
  );
  const chain = (direction: 'ingress' | 'egress'): string => {
    const type = direction === 'ingress' ? 'Ingress' : 'Egress';
    const own = selecting.filter(({ spec }) => (spec.policyTypes as string[]).includes(type));
    const closed = abilities[direction] && own.length > 0;
    const rules = own.flatMap(({ spec }) => (spec[direction] ?? []) as Rule[]);
    const lines = closed ? rules.flatMap((rule) => allowing(direction, rule, pods, abilities)) : [];
    return `chain ${direction} {
      type filter hook ${direction === 'ingress' ? 'input' : 'output'} priority 0; policy ${closed ? 'drop' : 'accept'};
      ct state established,related accept
      ip6 nexthdr icmpv6 accept
      ${lines.join('\n      ')}
    }`;
  };
  return `table inet plugin {\n    ${chain('ingress')}\n    ${chain('egress')}\n}\n`;
}

type Labels = Readonly<Record<string, string>>;

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports: readonly { readonly protocol: string; readonly port: number; readonly endPort?: number }[];
}

interface Peer {
  readonly namespaceSelector: { readonly matchLabels: Labels };
  readonly podSelector: { readonly matchLabels: Labels };
}

function allowing(
  direction: 'ingress' | 'egress',
  rule: Rule,
  pods: readonly PluggedPod[],
  abilities: Abilities,
): string[] {
  const peers = (direction === 'ingress' ? rule.from : rule.to) ?? [];
  const addresses = pods
    .filter((pod) => peers.some((peer) => isPeer(pod, peer, abilities)))
    .flatMap((p) => p.addresses);
  const side = direction === 'ingress' ? 'saddr' : 'daddr';
  return addresses.flatMap((address) => {
    const at = `${isIPv6(address) ? 'ip6' : 'ip'} ${side} ${address}`;
    if (!abilities.ports) return [`${at} accept`];
    return rule.ports.map(({ protocol, port, endPort }) => {
      const last = abilities.endPort ? (endPort ?? port) : port;
      return `${at} ${protocol.toLowerCase()} dport ${port}-${last} accept`;
    });
  });
}

function isPeer(pod: PluggedPod, { namespaceSelector, podSelector }: Peer, abilities: Abilities): boolean {
  const namespaceLabels = { 'kubernetes.io/metadata.name': pod.namespace };
  return (
    (!abilities.namespaceSelector || matches(namespaceLabels, namespaceSelector.matchLabels)) &&
    (!abilities.podSelector || matches(pod.labels, podSelector.matchLabels))
  );
}

function matches(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
