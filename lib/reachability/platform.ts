import { AddressSet, isBlock } from './address-set';
import { USUAL_CLUSTER_ADDRESSES } from './address-space';
import { Destinations, isLoopback, type Destination } from './destination';
import { EgressProxy } from './egress-proxy';
import { HostPattern, isHostName, normalHost } from './host-pattern';
import { knownNamespaces } from './known-namespaces';
import { flattened, type KubernetesObject } from './kubernetes-object';
import { Labels } from './labels';
import { Namespaces } from './namespaces';
import { Network, type Connection } from './network';
import { NotUnderstoodError } from './not-understood';
import { isOutside, type Party } from './party';
import type { Path } from './path';
import { Paths } from './paths';
import { contradictions } from './contradictions';
import { readPolicies } from './policies/policy-kinds';
import type { Policy } from './policy';
import { isPort, spansOf } from './port-span';
import type { Protocol } from './protocol';
import { ProxyRoutes } from './proxy-routes';
import { Service } from './service';
import type { Verdict } from './verdict';
import { Workload } from './workload';

/** What manifests do not say of the cluster. */
export interface PlatformOptions {
  /**
   * Blocks of addresses that pods and Services have.
   * @default - they may be anywhere in the private ranges
   */
  readonly clusterCidrs?: readonly string[];
  /**
   * Domain of the cluster.
   * @default 'cluster.local'
   */
  readonly clusterDomain?: string;
  /**
   * Addresses of names that are not the cluster's; `kubernetes.default.svc` stands for the API server.
   * @default - a name leads to any public address, and the API server may have any address
   */
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
}

/** Pods that are not of the program: their namespace and all of their labels. */
export interface ForeignPods {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Pods that are not of the program, of which the ServiceAccount alone is known. */
export interface AccountPods {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** An end of a connection: a workload, other pods, or an IP address or block; where one is called also a DNS name. */
export type Endpoint = Workload | ForeignPods | AccountPods | string;

/** A workload that a name leads to. */
export interface NamedWorkload {
  readonly workload: Workload;
  /** Ports of its pods that the port of the name leads to; none if the Service has no such port. */
  readonly ports: readonly number[];
}

/** The workloads of a program and who may connect to whom, by its manifests alone. */
export class Platform {
  /**
   * Reads manifests. What decides over traffic must be among them: policies, the pods that they are about, Namespaces
   * with the labels that they select by, and Services whose names are asked for.
   *
   * @throws NotUnderstoodError for all that decides over traffic and is not understood
   */
  public static fromObjects(objects: Iterable<KubernetesObject>, options: PlatformOptions = {}): Platform {
    return new Platform([...flattened(objects)], options);
  }

  public readonly workloads: readonly Workload[];
  private readonly network: Network;
  private readonly destinations: Destinations;
  private readonly proxies: ProxyRoutes;
  private readonly paths: Paths;
  private readonly reached = new WeakMap<Party, readonly Path[]>();
  private readonly parties = new Map<string, Party>();

  private constructor(objects: readonly KubernetesObject[], options: PlatformOptions) {
    const namespaces = new Namespaces(objects);
    const services = objects.flatMap((object) => Service.read(object) ?? []);
    const hosts = Object.entries(options.hosts ?? {}).map(([name, addresses]): [string, AddressSet] => [
      normalHost(name),
      AddressSet.of(...addresses),
    ]);
    this.workloads = objects.flatMap((object) => Workload.read(object, namespaces) ?? []);
    const [policies, proxies] = understood(objects, this.workloads);
    const parts = {
      workloads: this.workloads,
      services,
      policies,
      namespaces,
      clusterAddresses:
        options.clusterCidrs === undefined ? USUAL_CLUSTER_ADDRESSES : AddressSet.of(...options.clusterCidrs),
      clusterDomain: normalHost(options.clusterDomain ?? 'cluster.local'),
    };
    this.network = new Network(parts);
    this.destinations = new Destinations(this.network, services, new Map(hosts), knownNamespaces(parts));
    this.proxies = new ProxyRoutes(this.network, this.destinations, proxies);
    this.paths = new Paths(this.network, this.proxies);
  }

  /**
   * The workload of this name.
   *
   * @param kind needed if several kinds have one of this name
   * @throws RangeError if there is not exactly one
   */
  public workload(namespace: string, name: string, kind?: string): Workload {
    const found = this.workloads.filter(
      (one) => one.namespace === namespace && one.name === name && (kind === undefined || one.kind === kind),
    );
    const [workload] = found;
    if (workload !== undefined && found.length === 1) return workload;
    const asked = `${kind ?? 'workload'} ${namespace}/${name}`;
    const there = this.workloads.map(({ title }) => title).join(', ');
    throw new RangeError(
      `there are ${found.length} of ${asked} in the manifests, which have ${there || 'no workload'}`,
    );
  }

  /** The workloads that a name of a Service may lead to, asked for by a workload. Who may connect is left aside. */
  public namedWorkloads(from: Workload, name: string, port: number): NamedWorkload[] {
    if (isBlock(name) || isLoopback(name) || !isHostName(name)) return [];
    return this.destinations
      .find(name, from.namespace)
      .flatMap(({ party: { workload }, ports }) =>
        workload === undefined ? [] : [{ workload, ports: ports(port, 'TCP') ?? [] }],
      );
  }

  /** Whether one end may connect to another, and why. Both sides must allow it. */
  public canReach(from: Endpoint, to: Endpoint, port: number, protocol: Protocol = 'TCP'): Verdict {
    if (!isPort(port)) throw new RangeError(`${port} is no port`);
    if (typeof to === 'string' && isLoopback(to)) {
      return { allowed: true, via: 'direct', because: [`${to} is the machine that asks`] };
    }
    const source = this.source(from);
    const destinations = this.destinationsOf(source, to);
    const ways = destinations.map((destination) => this.way(source, destination, port, protocol));
    const open = ways.find(({ allowed }) => allowed);
    if (open !== undefined) return { allowed: true, via: 'direct', because: open.because() };
    const closed = ways.flatMap((way) => way.because());
    if (typeof to !== 'string' || isBlock(to)) return { allowed: false, because: closed };
    const isHost = destinations.some((one) => one.isHost);
    return this.verdictOnName(source, normalHost(to), port, protocol, { closed, isHost });
  }

  /** Everything that an end may connect to. DNS is among it where it may be asked, since data may leave in questions. */
  public reachable(from: Endpoint): readonly Path[] {
    const party = this.source(from);
    const paths = this.reached.get(party) ?? this.paths.from(party);
    this.reached.set(party, paths);
    return paths;
  }

  /** Everything that may connect to an end. */
  public callers(to: Endpoint): readonly Path[] {
    return this.paths.to(this.source(to));
  }

  /** What is not reached directly by a name may be reached through a proxy, for which also a Service's may be a host's. */
  private verdictOnName(
    from: Party,
    host: string,
    port: number,
    protocol: Protocol,
    { closed, isHost }: { closed: readonly string[]; isHost: boolean },
  ): Verdict {
    const routes = this.proxies.to(from, host, port, protocol);
    const open = routes.find(({ allowed }) => allowed);
    if (open !== undefined) return { allowed: true, via: 'proxy', because: open.because };
    const because = [...closed, ...routes.flatMap((route) => route.because)];
    const dns = isHost ? this.askDns(from, host) : [];
    return dns.length === 0 ? { allowed: false, because } : { allowed: false, because, dns };
  }

  /** What lets a name be asked of DNS. */
  private askDns(from: Party, host: string): string[] {
    const paths = this.reached.get(from) ?? this.paths.from(from);
    this.reached.set(from, paths);
    const asked = paths.filter(
      ({ dns, dnsNames }) => dns === true && (dnsNames?.some((name) => HostPattern.cilium(name).matches(host)) ?? true),
    );
    return [...new Set(asked.flatMap(({ because }) => because))];
  }

  private way(from: Party, { party, ports }: Destination, port: number, protocol: Protocol): Connection {
    if (isOutside(party) && party.addresses.isEmpty) {
      return { allowed: false, because: () => [`${party.title} leads to no address`] };
    }
    const known = ports(port, protocol) ?? this.allPorts(from, party);
    const ways = known.map((one) => this.network.connect(from, party, one, protocol));
    const nowhere = { allowed: false, because: () => [`no Service leads from ${protocol} ${port} to ${party.title}`] };
    return ways.find(({ allowed }) => allowed) ?? ways[0] ?? nowhere;
  }

  /** A port for each span that policies treat alike. */
  private allPorts(from: Party, to: Party): number[] {
    const spans = spansOf(to, [
      [this.network.policiesAbout(from), 'egress'],
      [this.network.policiesAbout(to), 'ingress'],
    ]);
    return spans.map(({ first }) => first);
  }

  private source(endpoint: Endpoint): Party {
    if (endpoint instanceof Workload) {
      const party = this.network.party(endpoint);
      if (party === undefined) throw new RangeError(`${endpoint.title} is a workload of another platform`);
      return party;
    }
    // What is known of an end, such as the policies about it, is known by its party.
    const key = typeof endpoint === 'string' ? endpoint : JSON.stringify(endpoint);
    const party = this.parties.get(key) ?? this.newParty(endpoint);
    this.parties.set(key, party);
    return party;
  }

  private newParty(endpoint: Exclude<Endpoint, Workload>): Party {
    if (typeof endpoint !== 'string') {
      return 'labels' in endpoint ? this.foreignParty(endpoint) : this.accountParty(endpoint);
    }
    if (!isBlock(endpoint)) throw new RangeError(`"${endpoint}" is no IP address; a DNS name can only be called`);
    return { title: endpoint, hostNames: [], addresses: AddressSet.of(endpoint) };
  }

  private destinationsOf(from: Party, to: Endpoint): Destination[] {
    if (typeof to === 'string') {
      const found = this.destinations.find(to, from.pods?.namespace);
      const decided = isOutside(from) ? found.filter(({ party }) => !isOutside(party)) : found;
      if (decided.length > 0) return decided;
      throw new RangeError(`neither ${from.title} nor ${to} is of the cluster, so no policy decides`);
    }
    return [{ party: this.source(to), ports: (port) => [port] }];
  }

  private foreignParty({ namespace, labels }: ForeignPods): Party {
    const text = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    return {
      title: `pods ${text.join(', ') || 'without labels'} in namespace ${namespace}`,
      pods: {
        namespace,
        namespaceLabels: this.network.namespaces.labelsOf(namespace),
        labels: Labels.complete(labels),
        hostNetwork: false,
      },
      hostNames: [],
      addresses: this.network.clusterAddresses,
    };
  }

  private accountParty({ namespace, serviceAccount }: AccountPods): Party {
    return {
      title: `pods of ServiceAccount ${namespace}/${serviceAccount}`,
      pods: {
        namespace,
        namespaceLabels: this.network.namespaces.labelsOf(namespace),
        labels: Labels.some({}),
        serviceAccount,
        hostNetwork: false,
      },
      hostNames: [],
      addresses: this.network.clusterAddresses,
    };
  }
}

/** @throws NotUnderstoodError with all faults, not the first alone */
function understood(
  objects: readonly KubernetesObject[],
  workloads: readonly Workload[],
): [Policy[], readonly EgressProxy[]] {
  const faults = contradictions(objects);
  const collect = <T>(read: () => readonly T[]): readonly T[] => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof NotUnderstoodError)) throw error;
      faults.push(...error.faults);
      return [];
    }
  };
  const policies = objects.flatMap((object) => collect(() => readPolicies(object)));
  const proxies = collect(() => EgressProxy.find(workloads, objects));
  if (faults.length > 0) throw new NotUnderstoodError(faults);
  return [policies, proxies];
}
