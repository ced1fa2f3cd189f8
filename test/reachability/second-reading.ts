import { isIP } from 'node:net';
import type { KubernetesObject } from 'agentyard/reachability';
import { addressOf, isIn, samples, textOf, type Address } from './address';
import { readCiliumNetworkPolicy } from './cilium-reading';
import { fitsLabels } from './host-name';
import { readClusterNetworkPolicy, readFqdnNetworkPolicy } from './named-egress-reading';
import { readNetworkPolicy } from './network-policy-reading';
import type { Labels, Packet, Pod, Protocol, Spot } from './packet';
import type { Direction, PolicyReader, PolicyReading, Rule } from './policy-reading';
import { endOf } from './policy-reader';
import { selects } from './selector';

const READERS: Readonly<Record<string, PolicyReader>> = {
  NetworkPolicy: readNetworkPolicy,
  ApplicationNetworkPolicy: readNetworkPolicy,
  CiliumNetworkPolicy: readCiliumNetworkPolicy,
  FQDNNetworkPolicy: readFqdnNetworkPolicy,
  ClusterNetworkPolicy: readClusterNetworkPolicy,
};

/** Where pods may have their addresses, and where names of the Internet do not lead. */
const POD_BLOCKS = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];
const NOT_PUBLIC = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  ...['224.0.0.0/4', '240.0.0.0/4', '::/128', '::1/128', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48'],
  ...['2002::/16', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
];

/** Ports that DNS servers listen on. */
const DNS_PORTS = [53, 5353];

/** An end of a connection: a workload as `Kind namespace/name`, pods of others, an IP address or a DNS name. */
export type Place = string | { readonly namespace: string; readonly labels: Labels };

interface AllowList {
  readonly port: number;
  readonly hosts: readonly { readonly name: string; readonly port: number; readonly privateCidrs: readonly string[] }[];
}

interface Proxy {
  readonly pod: Pod;
  readonly allowLists: readonly AllowList[];
  readonly parent?: { readonly host: string; readonly port: number };
}

/** The policies that are about a pod, in the order in which they decide. */
interface Tiers {
  readonly admin: readonly PolicyReading[];
  readonly namespace: readonly PolicyReading[];
  readonly baseline: readonly PolicyReading[];
}

/**
 * A reading of policies that shares nothing with lib/reachability: it makes concrete packets, one for each address that an
 * end may have, and asks every policy whether it lets them pass.
 */
export class SecondReading {
  private readonly namespaces: ReadonlyMap<string, Labels>;
  private readonly pods: ReadonlyMap<string, Pod>;
  private readonly policies: readonly PolicyReading[];
  private readonly proxies: readonly Proxy[];
  private readonly addresses: readonly Address[];
  private readonly podAddresses: readonly Address[];
  private readonly publicAddresses: readonly Address[];
  private readonly tiers = { ingress: new Map<Pod, Tiers>(), egress: new Map<Pod, Tiers>() };
  /** Every set of the names that policies give ports. */
  private readonly portNames: readonly (readonly string[])[];
  private readonly known = new Map<string, Spot[]>();

  public constructor(private readonly objects: readonly KubernetesObject[]) {
    this.namespaces = new Map(
      this.ofKind('Namespace').map(({ metadata }) => [metadata?.name as string, (metadata?.labels ?? {}) as Labels]),
    );
    this.pods = new Map(
      objects
        .map((object) => endOf(object, []))
        .filter((end) => end !== undefined)
        .map(({ title, namespace = '', labels = {}, ports = [] }) => [title, this.pod(namespace, labels, ports)]),
    );
    this.policies = objects
      .flatMap((object) => READERS[object.kind ?? '']?.(object) ?? [])
      .sort((a, b) => a.priority - b.priority);
    this.proxies = this.ofKind('StatefulSet').flatMap((object) => this.proxyOf(object));
    this.portNames = subsets(portNamesIn(objects));
    this.addresses = samples([...cidrsIn(objects), ...POD_BLOCKS, ...NOT_PUBLIC]);
    this.podAddresses = this.addresses.filter((address) => POD_BLOCKS.some((block) => isIn(address, block)));
    this.publicAddresses = this.addresses.filter((address) => !NOT_PUBLIC.some((block) => isIn(address, block)));
  }

  /** Whether one end may connect to another, itself or through an egress proxy. */
  public mayConnect(from: Place, to: Place, port: number, protocol: Protocol): boolean {
    return this.mayDirectly(from, to, port, protocol) || this.mayByProxy(from, to, port, protocol);
  }

  /** Addresses in a block, one of each part that policies make of it. */
  public addressesIn(cidr: string): string[] {
    return this.addresses.filter((address) => isIn(address, cidr)).map(textOf);
  }

  /** Whether a name may be asked of some DNS server, wherever one may be. */
  public mayAsk(from: Place, servers: readonly Place[], name: string): boolean {
    const asked = name.toLowerCase();
    return servers.some((server) =>
      DNS_PORTS.some((port) =>
        (['UDP', 'TCP'] as const).some((protocol) =>
          this.mayPass(this.spots(from), this.spots(server), port, protocol, asked),
        ),
      ),
    );
  }

  private mayDirectly(from: Place, to: Place, port: number, protocol: Protocol): boolean {
    const backends = typeof to === 'string' ? this.backends(to, port, protocol) : undefined;
    if (backends)
      return backends.some(({ pod, port: at }) => this.mayPass(this.spots(from), this.spotsOf(pod), at, protocol));
    return this.mayPass(this.spots(from), this.spots(to), port, protocol);
  }

  /**
   * Whether both sides let some packet pass. Of addresses, that of the other side decides; of names of ports, those that the
   * pod which is called gives them decide on both.
   */
  private mayPass(
    from: readonly Spot[],
    to: readonly Spot[],
    port: number,
    protocol: Protocol,
    asked?: string,
  ): boolean {
    const [source, target] = [from[0]!, to[0]!];
    const unknown = target.pod !== undefined && target.pod.ports === undefined;
    return (unknown ? this.portNames : [[]]).some((portNames) => {
      const packet = { from: source, to: target, port, protocol, portNames, asked };
      return (
        to.some((spot) => this.sideAllows('egress', { ...packet, to: spot })) &&
        from.some((spot) => this.sideAllows('ingress', { ...packet, from: spot }))
      );
    });
  }

  private sideAllows(direction: Direction, packet: Packet): boolean {
    const { pod } = direction === 'egress' ? packet.from : packet.to;
    if (!pod) return true;
    const { admin, namespace, baseline } = this.tiersOf(pod, direction);
    return firstSays(admin, packet) ?? sumSays(namespace, packet) ?? firstSays(baseline, packet) ?? true;
  }

  private tiersOf(pod: Pod, direction: Direction): Tiers {
    const known = this.tiers[direction].get(pod);
    if (known) return known;
    const subject = this.policies.filter((policy) => policy.direction === direction && policy.selects(pod));
    const tier = (name: PolicyReading['tier']) => subject.filter((policy) => policy.tier === name);
    const tiers = { admin: tier('Admin'), namespace: tier('Namespace'), baseline: tier('Baseline') };
    this.tiers[direction].set(pod, tiers);
    return tiers;
  }

  /** By CONNECT to the port of a list that names the host, if the proxy itself gets there. */
  private mayByProxy(from: Place, to: Place, port: number, protocol: Protocol): boolean {
    if (typeof to !== 'string' || protocol !== 'TCP') return false;
    const name = to.toLowerCase();
    return this.proxies.some((proxy) =>
      proxy.allowLists.some((list) => {
        const hosts = list.hosts.filter((host) => host.port === port && fitsLabels(name, host.name));
        if (hosts.length === 0 || !this.mayPass(this.spots(from), this.spotsOf(proxy.pod), list.port, 'TCP'))
          return false;
        return hosts.some(({ privateCidrs }) => this.proxyReaches(proxy, name, port, privateCidrs));
      }),
    );
  }

  private proxyReaches({ pod, parent }: Proxy, name: string, port: number, privateCidrs: readonly string[]): boolean {
    const source = this.spotsOf(pod)[0]!;
    const reaches = (address: Address, found: string, at: number) =>
      this.sideAllows('egress', {
        from: source,
        to: { address, name: found },
        port: at,
        protocol: 'TCP',
        portNames: [],
      });
    if (parent) return this.addresses.some((address) => reaches(address, parent.host, parent.port));
    const isEndpoint = (address: Address) => privateCidrs.some((cidr) => isIn(address, cidr));
    return this.addresses.some(
      (address) => (this.publicAddresses.includes(address) || isEndpoint(address)) && reaches(address, name, port),
    );
  }

  /** The pods and port behind the name of a Service; undefined for other names. */
  private backends(name: string, port: number, protocol: Protocol): { pod: Pod; port: number }[] | undefined {
    const [, service, namespace] = /^([^.]+)\.([^.]+)\.svc(?:\.cluster\.local)?$/i.exec(name) ?? [];
    if (service === undefined || name.startsWith('kubernetes.default.')) return undefined;
    const found = this.ofKind('Service').find(
      ({ metadata }) => metadata?.name === service && metadata.namespace === namespace,
    );
    const {
      selector,
      ports = [],
      clusterIP,
    } = (found?.spec ?? {}) as {
      selector?: Labels;
      ports?: { port: number; targetPort?: number | string; protocol?: string }[];
      clusterIP?: string;
    };
    if (!selector) return [];
    return [...this.pods.values()]
      .filter((pod) => pod.namespace === namespace && selects({ matchLabels: selector }, pod.labels))
      .flatMap((pod) => {
        if (clusterIP === 'None') return [{ pod, port }];
        return ports
          .filter((one) => one.port === port && (one.protocol ?? 'TCP') === protocol)
          .flatMap(({ targetPort = port }) =>
            typeof targetPort === 'number'
              ? [{ pod, port: targetPort }]
              : (pod.ports ?? [])
                  .filter((one) => one.name === targetPort && one.protocol === protocol)
                  .map((one) => ({ pod, port: one.port })),
          );
      });
  }

  private spots(place: Place): Spot[] {
    const key = JSON.stringify(place);
    const spots = this.known.get(key) ?? this.newSpots(place);
    this.known.set(key, spots);
    return spots;
  }

  private newSpots(place: Place): Spot[] {
    if (typeof place !== 'string') return this.spotsOf(this.pod(place.namespace, place.labels));
    const pod = this.pods.get(place);
    if (pod) return this.spotsOf(pod);
    if (/^[\d.]+$|:/.test(place)) return [{ address: addressOf(place) }];
    if (/^kubernetes\.default\.svc(\.|$)/.test(place))
      return this.addresses.map((address) => ({ address, isApiServer: true, name: place }));
    return this.publicAddresses.map((address) => ({ address, name: place.toLowerCase() }));
  }

  private spotsOf(pod: Pod): Spot[] {
    return this.podAddresses.map((address) => ({ address, pod }));
  }

  private pod(namespace: string, labels: Labels, ports?: Pod['ports']): Pod {
    const namespaceLabels = { ...this.namespaces.get(namespace), 'kubernetes.io/metadata.name': namespace };
    return { namespace, namespaceLabels, labels, ports };
  }

  private proxyOf({ metadata, spec }: KubernetesObject): Proxy[] {
    const { labels, volumes = [] } = templateOf(spec);
    if (labels['agentyard.dev/runtime'] !== 'egress-proxy') return [];
    const { namespace, name } = metadata as { namespace: string; name: string };
    const mounted = volumes.map(({ configMap }) => configMap?.name);
    return this.ofKind('ConfigMap')
      .filter((map) => map.metadata?.namespace === namespace && mounted.includes(map.metadata.name as string))
      .flatMap(({ data }) => (data as Record<string, string>)['egress-proxy.json'] ?? [])
      .map((text) => {
        const { allowLists, parent } = JSON.parse(text) as Omit<Proxy, 'pod'>;
        return { pod: this.pods.get(`StatefulSet ${namespace}/${name}`)!, allowLists, parent };
      });
  }

  private ofKind(kind: string): KubernetesObject[] {
    return this.objects.filter((object) => object.kind === kind);
  }
}

/** What the first rule says that concerns a packet; nothing if none does, or it passes on. */
function firstSays(policies: readonly PolicyReading[], packet: Packet): boolean | undefined {
  const rule = policies.flatMap(({ rules }) => rules).find(({ matches }) => matches(packet));
  return rule === undefined || rule.says === 'pass' ? undefined : rule.says === 'allow';
}

/** What policies of a namespace say together; nothing if there is none. */
function sumSays(policies: readonly PolicyReading[], packet: Packet): boolean | undefined {
  if (policies.length === 0) return undefined;
  const said = policies.flatMap(({ rules }) => rules).filter(({ matches }) => matches(packet));
  const allows = ({ says, allowsAsking }: Rule) =>
    says === 'allow' && (packet.asked === undefined || (allowsAsking?.(packet, packet.asked) ?? true));
  return said.some(allows) && !said.some(({ says }) => says === 'deny');
}

function templateOf(spec: unknown) {
  const { template } = spec as {
    template: { metadata?: { labels?: Labels }; spec?: { volumes?: { configMap?: { name?: string } }[] } };
  };
  return { labels: template.metadata?.labels ?? {}, volumes: template.spec?.volumes };
}

/** Every block that any object names. */
function cidrsIn(objects: readonly KubernetesObject[]): string[] {
  const found = JSON.stringify(objects).match(/(?<=")[\da-f.:]+\/\d{1,3}(?=\\?")/gi) ?? [];
  return [...new Set(found)].filter((text) => isIP(text.split('/')[0] ?? '') !== 0);
}

/** Every name of a port in policies. */
function portNamesIn(objects: readonly KubernetesObject[]): string[] {
  const policies = objects.filter(({ kind = '' }) => kind in READERS);
  const found = JSON.stringify(policies).matchAll(/"(?:port|destinationNamedPort)":"([^"]*[^"\d][^"]*)"/g);
  return [...new Set([...found].map(([, name = '']) => name))];
}

function subsets<T>(all: readonly T[]): T[][] {
  return all.reduce<T[][]>((some, one) => [...some, ...some.map((set) => [...set, one])], [[]]);
}
