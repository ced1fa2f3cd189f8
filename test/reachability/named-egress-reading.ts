import type { KubernetesObject } from 'agentyard/reachability';
import { isIn } from './address';
import { fitsLabels, isSubdomain } from './host-name';
import { isNamed } from './network-policy-reading';
import type { Packet, Pod, Spot } from './packet';
import type { Direction, PolicyReading, Rule } from './policy-reading';
import { selects, type Selector } from './selector';

interface FqdnRule {
  readonly matches: readonly { readonly name?: string; readonly pattern?: string }[];
  readonly ports?: readonly { readonly protocol?: string; readonly port?: number }[];
}

/** The FQDNNetworkPolicy of GKE: egress alone, beside NetworkPolicies. */
export function readFqdnNetworkPolicy({ metadata, spec }: KubernetesObject): PolicyReading[] {
  const { podSelector, egress } = spec as { podSelector: Selector; egress: readonly FqdnRule[] };
  const rule = ({ matches, ports = [] }: FqdnRule): Rule => ({
    says: 'allow',
    matches: ({ to, port, protocol }) =>
      matches.some(({ name, pattern }) => (name === undefined ? fitsLabels(to.name, pattern!) : to.name === name)) &&
      (ports.length === 0 ||
        ports.some(
          (one) => [undefined, 'ALL', protocol].includes(one.protocol) && [undefined, port].includes(one.port),
        )),
  });
  const isSubject = (pod: Pod) => pod.namespace === metadata?.namespace && selects(podSelector, pod.labels);
  return [{ direction: 'egress', tier: 'Namespace', priority: 0, selects: isSubject, rules: egress.map(rule) }];
}

interface PodsOfNamespaces {
  readonly namespaceSelector: Selector;
  readonly podSelector: Selector;
}

interface ClusterPeer {
  readonly namespaces?: Selector;
  readonly pods?: PodsOfNamespaces;
  readonly networks?: readonly string[];
  readonly domainNames?: readonly string[];
}

interface ClusterPort {
  readonly destinationPort?: {
    readonly number?: number;
    readonly range?: { readonly start: number; readonly end: number };
  };
}

interface ClusterRule {
  readonly action: 'Accept' | 'Deny' | 'Pass';
  readonly from?: readonly ClusterPeer[];
  readonly to?: readonly ClusterPeer[];
  readonly protocols?: readonly {
    readonly tcp?: ClusterPort;
    readonly udp?: ClusterPort;
    readonly sctp?: ClusterPort;
    readonly destinationNamedPort?: string;
  }[];
}

interface ClusterSpec {
  readonly tier: 'Admin' | 'Baseline';
  readonly priority: number;
  readonly subject: ClusterPeer;
  readonly ingress?: readonly ClusterRule[];
  readonly egress?: readonly ClusterRule[];
}

const SAYS = { Accept: 'allow', Deny: 'deny', Pass: 'pass' } as const;

/** ClusterNetworkPolicy: rules in order, of policies in order of their priority, in the tier before or after namespaces'. */
export function readClusterNetworkPolicy({ spec }: KubernetesObject): PolicyReading[] {
  const { tier, priority, subject, ingress = [], egress = [] } = spec as ClusterSpec;
  const reading = (direction: Direction, rules: readonly ClusterRule[]): PolicyReading => ({
    direction,
    tier,
    priority,
    selects: (pod) => isPodOf(subject, pod),
    rules: rules.map((rule) => ({ says: SAYS[rule.action], matches: (packet) => concerns(rule, direction, packet) })),
  });
  return [reading('ingress', ingress), reading('egress', egress)];
}

function concerns({ from, to, protocols }: ClusterRule, direction: Direction, packet: Packet): boolean {
  const [peers, other] = direction === 'ingress' ? [from, packet.from] : [to, packet.to];
  return peers!.some((peer) => isClusterPeer(peer, other)) && (protocols?.some((one) => isAt(one, packet)) ?? true);
}

function isClusterPeer(peer: ClusterPeer, spot: Spot): boolean {
  if (peer.networks) return peer.networks.some((cidr) => isIn(spot.address, cidr));
  if (peer.domainNames) return peer.domainNames.some((domain) => isSubdomain(spot.name, domain));
  return spot.pod !== undefined && isPodOf(peer, spot.pod);
}

function isPodOf({ namespaces, pods }: ClusterPeer, pod: Pod): boolean {
  if (namespaces) return selects(namespaces, pod.namespaceLabels);
  return selects(pods!.namespaceSelector, pod.namespaceLabels) && selects(pods!.podSelector, pod.labels);
}

function isAt(one: NonNullable<ClusterRule['protocols']>[number], packet: Packet): boolean {
  if (one.destinationNamedPort !== undefined) return isNamed(packet, one.destinationNamedPort);
  const of = { TCP: one.tcp, UDP: one.udp, SCTP: one.sctp }[packet.protocol];
  if (!of) return false;
  const { number, range } = of.destinationPort ?? {};
  if (range) return range.start <= packet.port && packet.port <= range.end;
  return number === undefined || number === packet.port;
}
