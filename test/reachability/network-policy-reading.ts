import type { KubernetesObject } from 'agentyard/reachability';
import { isIn } from './address';
import { isSubdomain } from './host-name';
import type { Packet, Pod, Spot } from './packet';
import type { Direction, PolicyReading } from './policy-reading';
import { selects, type Selector } from './selector';

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  /** ApplicationNetworkPolicy alone. */
  readonly domainNames?: readonly string[];
}

interface PolicyPort {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

interface PolicyRule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly PolicyPort[];
}

interface PolicySpec {
  readonly podSelector: Selector;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly PolicyRule[];
  readonly egress?: readonly PolicyRule[];
}

/** NetworkPolicy, and the ApplicationNetworkPolicy of EKS, which adds names. */
export function readNetworkPolicy({ metadata, spec }: KubernetesObject): PolicyReading[] {
  const { podSelector, policyTypes = [], ingress = [], egress = [] } = spec as PolicySpec;
  const namespace = metadata?.namespace as string;
  const usual = egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  const types = policyTypes.length > 0 ? policyTypes : usual;
  const reading = (direction: Direction, rules: readonly PolicyRule[]): PolicyReading => ({
    direction,
    tier: 'Namespace',
    priority: 0,
    selects: (pod) => pod.namespace === namespace && selects(podSelector, pod.labels),
    rules: rules.map((rule) => ({ says: 'allow', matches: (packet) => allows(rule, direction, packet, namespace) })),
  });
  return [
    ...(types.includes('Ingress') ? [reading('ingress', ingress)] : []),
    ...(types.includes('Egress') ? [reading('egress', egress)] : []),
  ];
}

function allows(
  { from, to, ports = [] }: PolicyRule,
  direction: Direction,
  packet: Packet,
  namespace: string,
): boolean {
  const peers = (direction === 'ingress' ? from : to) ?? [];
  const other = direction === 'ingress' ? packet.from : packet.to;
  return (
    (peers.length === 0 || peers.some((peer) => isPeer(peer, other, namespace))) &&
    (ports.length === 0 || ports.some((port) => isAt(port, packet)))
  );
}

function isPeer(
  { podSelector, namespaceSelector, ipBlock, domainNames }: Peer,
  spot: Spot,
  namespace: string,
): boolean {
  if (domainNames) return domainNames.some((domain) => isSubdomain(spot.name, domain));
  if (ipBlock) {
    const { cidr, except = [] } = ipBlock;
    return isIn(spot.address, cidr) && !except.some((block) => isIn(spot.address, block));
  }
  if (!spot.pod) return false;
  return isInNamespace(spot.pod, namespaceSelector, namespace) && selects(podSelector ?? {}, spot.pod.labels);
}

function isInNamespace(pod: Pod, selector: Selector | undefined, own: string): boolean {
  return selector ? selects(selector, pod.namespaceLabels) : pod.namespace === own;
}

function isAt({ protocol = 'TCP', port, endPort }: PolicyPort, packet: Packet): boolean {
  if (protocol !== packet.protocol) return false;
  if (port === undefined) return true;
  if (typeof port === 'string') return isNamed(packet, port);
  return port <= packet.port && packet.port <= (endPort ?? port);
}

/** Whether the pod that is called gives the packet's port this name. */
export function isNamed({ to, port, protocol, portNames }: Packet, name: string): boolean {
  if (!to.pod) return false;
  if (!to.pod.ports) return portNames.includes(name);
  return to.pod.ports.some((one) => one.name === name && one.port === port && one.protocol === protocol);
}
