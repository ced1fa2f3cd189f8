import type { KubernetesObject } from 'agentyard/reachability';
import { isIn } from './address';
import { fitsLabels } from './host-name';
import { isNamed } from './network-policy-reading';
import type { Labels, Packet, Pod, Spot } from './packet';
import type { Direction, PolicyReading, Rule } from './policy-reading';
import { selects, type Selector } from './selector';

interface Name {
  readonly matchName?: string;
  readonly matchPattern?: string;
}

interface BlockPart {
  readonly cidr: string;
  readonly except?: readonly string[];
}

interface CiliumRule {
  readonly toEndpoints?: readonly Selector[];
  readonly fromEndpoints?: readonly Selector[];
  readonly toCIDR?: readonly string[];
  readonly fromCIDR?: readonly string[];
  readonly toCIDRSet?: readonly BlockPart[];
  readonly fromCIDRSet?: readonly BlockPart[];
  readonly toEntities?: readonly string[];
  readonly fromEntities?: readonly string[];
  readonly toFQDNs?: readonly Name[];
  readonly toPorts?: readonly {
    readonly ports?: readonly { readonly port: string; readonly endPort?: number; readonly protocol?: string }[];
    readonly rules?: { readonly dns?: readonly Name[] };
  }[];
}

interface CiliumSpec {
  readonly endpointSelector: Selector;
  readonly ingress?: readonly CiliumRule[];
  readonly egress?: readonly CiliumRule[];
  readonly ingressDeny?: readonly CiliumRule[];
  readonly egressDeny?: readonly CiliumRule[];
}

const PEERS = {
  ingress: ['fromEndpoints', 'fromCIDR', 'fromCIDRSet', 'fromEntities'],
  egress: ['toEndpoints', 'toCIDR', 'toCIDRSet', 'toEntities', 'toFQDNs'],
} as const;

/** CiliumNetworkPolicy, beside NetworkPolicies: what any allows is allowed, but for what one denies. */
export function readCiliumNetworkPolicy({ metadata, spec }: KubernetesObject): PolicyReading[] {
  const { endpointSelector, ...rules } = spec as CiliumSpec;
  const namespace = metadata?.namespace as string;
  const read = (direction: Direction, says: Rule['says'], list: readonly CiliumRule[] = []): Rule[] =>
    list.map((rule) => ({
      says,
      matches: (packet) => concerns(rule, direction, packet, namespace),
      allowsAsking: (packet, name) => allowsAsking(rule, packet, name),
    }));
  return (['ingress', 'egress'] as const)
    .map((direction): PolicyReading => ({
      direction,
      tier: 'Namespace',
      priority: 0,
      selects: (pod) => pod.namespace === namespace && isEndpoint(endpointSelector, pod, namespace),
      rules: [...read(direction, 'deny', rules[`${direction}Deny`]), ...read(direction, 'allow', rules[direction])],
    }))
    .filter((reading) => reading.rules.length > 0);
}

/** Whether a name may be asked of DNS in packets that a rule allows: any, unless all of its ports limit the names. */
function allowsAsking(rule: CiliumRule, packet: Packet, name: string): boolean {
  const ports = (rule.toPorts ?? []).filter((one) => isAt(one, packet));
  if (ports.length === 0) return true;
  return ports.some(({ rules }) => rules?.dns?.some((one) => isName(one, name)) ?? true);
}

function concerns(rule: CiliumRule, direction: Direction, packet: Packet, namespace: string): boolean {
  const spot = direction === 'ingress' ? packet.from : packet.to;
  const namesNobody = PEERS[direction].every((field) => (rule as Record<string, unknown>)[field] === undefined);
  // A rule without peers means everybody only if it has ports: without both it allows nothing, and closes.
  if (namesNobody && rule.toPorts === undefined) return false;
  return (namesNobody || isPeer(rule, spot, namespace)) && (rule.toPorts?.some((ports) => isAt(ports, packet)) ?? true);
}

function isPeer(rule: CiliumRule, spot: Spot, namespace: string): boolean {
  const { pod } = spot;
  const endpoints = [...(rule.toEndpoints ?? []), ...(rule.fromEndpoints ?? [])];
  const whole = [...(rule.toCIDR ?? []), ...(rule.fromCIDR ?? [])].map((cidr): BlockPart => ({ cidr }));
  const blocks = [...whole, ...(rule.toCIDRSet ?? []), ...(rule.fromCIDRSet ?? [])];
  const entities = [...(rule.toEntities ?? []), ...(rule.fromEntities ?? [])];
  if (pod)
    return (
      entities.some((one) => ['all', 'cluster'].includes(one)) ||
      endpoints.some((one) => isEndpoint(one, pod, namespace))
    );
  return (
    entities.some((entity) => isEntity(entity, spot)) ||
    blocks.some(
      ({ cidr, except = [] }) => isIn(spot.address, cidr) && !except.some((one) => isIn(spot.address, one)),
    ) ||
    (rule.toFQDNs ?? []).some((name) => isName(name, spot.name))
  );
}

function isEntity(entity: string, { isApiServer = false }: Spot): boolean {
  if (entity === 'all') return true;
  if (entity === 'world') return !isApiServer;
  return isApiServer && ['kube-apiserver', 'cluster'].includes(entity);
}

function isName({ matchName, matchPattern }: Name, name: string | undefined): boolean {
  return matchName === undefined ? fitsLabels(name, matchPattern!) : name === matchName.toLowerCase();
}

const NAMESPACE = 'io.kubernetes.pod.namespace';

/** Selectors of endpoints see the namespace and its labels among the pod's, and mean their own unless they name one. */
function isEndpoint(selector: Selector, pod: Pod, own: string): boolean {
  const keys = [
    ...Object.keys(selector.matchLabels ?? {}),
    ...(selector.matchExpressions ?? []).map(({ key }) => key),
  ].map(bare);
  if (!keys.some((key) => key === NAMESPACE || key.startsWith(NAMESPACE_LABEL)) && pod.namespace !== own) return false;
  return selects(
    {
      matchLabels: withBareKeys(selector.matchLabels ?? {}),
      matchExpressions: (selector.matchExpressions ?? []).map((one) => ({ ...one, key: bare(one.key) })),
    },
    endpointLabels(pod),
  );
}

const NAMESPACE_LABEL = 'io.cilium.k8s.namespace.labels.';

function endpointLabels({ namespace, namespaceLabels, labels }: Pod): Labels {
  const ofNamespace = Object.entries(namespaceLabels).map(([key, value]) => [`${NAMESPACE_LABEL}${key}`, value]);
  return { ...labels, ...Object.fromEntries(ofNamespace), [NAMESPACE]: namespace };
}

function withBareKeys(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [bare(key), value]));
}

function bare(key: string): string {
  return key.replace(/^(k8s|any):/, '');
}

function isAt({ ports = [] }: NonNullable<CiliumRule['toPorts']>[number], packet: Packet): boolean {
  return (
    ports.length === 0 ||
    ports.some(({ port, endPort, protocol = 'ANY' }) => {
      if (protocol !== 'ANY' && protocol !== packet.protocol) return false;
      const first = Number(port);
      if (Number.isNaN(first)) return isNamed(packet, port);
      return first === 0 || (first <= packet.port && packet.port <= (endPort ?? first));
    })
  );
}
