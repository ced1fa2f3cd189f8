import { AddressSet } from './address-set';
import type { Destinations } from './destination';
import type { EgressProxy, ProxiedHost } from './egress-proxy';
import type { Network } from './network';
import type { Party } from './party';
import type { PortSpan } from './port-span';
import type { Protocol } from './protocol';

/** A way through an egress proxy, open or closed. */
export interface ProxyRoute {
  readonly allowed: boolean;
  readonly host: ProxiedHost;
  readonly because: readonly string[];
}

/** Ways through the egress proxies: up to a port of one, and out from it as the list of this port says. */
export class ProxyRoutes {
  public constructor(
    private readonly network: Network,
    private readonly destinations: Destinations,
    private readonly proxies: readonly EgressProxy[],
  ) {}

  /** The ways to a host. @param name normalized */
  public to(from: Party, name: string, port: number, protocol: Protocol): ProxyRoute[] {
    const matching = (host: ProxiedHost) =>
      host.port === port && protocol === 'TCP' && host.pattern.matches(name.replace(/\*+/g, 'any'));
    return this.routes(from, matching, (host) => ({ ...host.party, title: name, hostNames: [name] }));
  }

  /** The ways to all hosts of all lists. */
  public all(from: Party): ProxyRoute[] {
    return this.routes(
      from,
      () => true,
      ({ party }) => party,
    );
  }

  /** Whether ports of a party all lead on to the hosts of a list, and nowhere else. */
  public leadsOn({ workload }: Party, { first, last }: PortSpan): boolean {
    return this.proxies.some((proxy) => proxy.workload === workload && first === last && proxy.isListPort(first));
  }

  private routes(
    from: Party,
    wanted: (host: ProxiedHost) => boolean,
    target: (host: ProxiedHost) => Party,
  ): ProxyRoute[] {
    return this.proxies.flatMap((proxy) =>
      proxy.hosts.filter(wanted).map((host) => this.route(from, proxy, host, target(host))),
    );
  }

  private route(from: Party, proxy: EgressProxy, host: ProxiedHost, target: Party): ProxyRoute {
    const party = this.network.party(proxy.workload) as Party;
    const list = `the list at port ${host.listPort} of ${proxy.workload.title} names ${host.pattern.text}:${host.port}`;
    const inward = this.network.connect(from, party, host.listPort, 'TCP');
    if (!inward.allowed) return { allowed: false, host, because: [list, ...inward.because()] };
    const outward = this.exit(party, proxy, target, host.port);
    const because = outward.allowed ? [...inward.because(), list, ...outward.because()] : [list, ...outward.because()];
    return { allowed: outward.allowed, host, because };
  }

  /** From the proxy to the host, or to the proxy that it goes through itself. */
  private exit(proxy: Party, { parent }: EgressProxy, target: Party, port: number) {
    if (parent === undefined) return this.network.connect(proxy, target, port, 'TCP');
    // A company's proxy has a private address as a rule.
    const ways = this.destinations
      .find(parent.host, proxy.pods?.namespace, AddressSet.all)
      .flatMap(({ party, ports }) =>
        (ports(parent.port, 'TCP') ?? [parent.port]).map((one) => this.network.connect(proxy, party, one, 'TCP')),
      );
    const open = ways.find(({ allowed }) => allowed) ?? ways[0];
    return open ?? { allowed: false, because: () => [`no Service has port ${parent.port} of ${parent.host}`] };
  }
}
