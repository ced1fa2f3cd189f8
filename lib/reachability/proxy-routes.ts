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
  /** Private blocks that the name may lead to and that are open. */
  readonly privateCidrs: readonly string[];
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
    return this.routes(from, matching, (host, proxy) => {
      const addresses = this.addressesOf(name, host, proxy);
      return addresses && { title: name, hostNames: [name], addresses };
    });
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
    target: (host: ProxiedHost, proxy: EgressProxy) => Party | undefined,
  ): ProxyRoute[] {
    return this.proxies.flatMap((proxy) =>
      proxy.hosts.filter(wanted).map((host) => this.route(from, proxy, host, target(host, proxy))),
    );
  }

  /** Where a proxy goes for a name; undefined if it refuses the name, for which one address that is private is enough. */
  private addressesOf(name: string, { party }: ProxiedHost, { parent }: EgressProxy): AddressSet | undefined {
    const told = this.destinations.told(name);
    const addresses = told ?? this.destinations.possible(name).and(party.addresses);
    // A parent may know a name that the cluster's DNS does not.
    const isKnown = !addresses.isEmpty || (told !== undefined && parent !== undefined);
    return isKnown && party.addresses.contains(addresses) ? addresses : undefined;
  }

  /** @param target undefined if the proxy refuses to go there */
  private route(from: Party, proxy: EgressProxy, host: ProxiedHost, target: Party | undefined): ProxyRoute {
    const party = this.network.party(proxy.workload) as Party;
    const list = listReason(proxy, host);
    const closed = { allowed: false, host, privateCidrs: [] };
    const inward = this.network.connect(from, party, host.listPort, 'TCP');
    if (!inward.allowed) return { ...closed, because: [list, ...inward.because()] };
    if (target === undefined) return { ...closed, because: [list, refusal(proxy)] };
    const outward = this.exit(party, proxy, target, host.port);
    if (!outward.allowed) return { ...closed, because: [list, ...outward.because()] };
    const blocks = host.privateCidrs.map((cidr) => ({ cidr, addresses: AddressSet.of(cidr).and(target.addresses) }));
    const open = blocks
      .filter(({ addresses }) => !addresses.isEmpty)
      .map(({ cidr, addresses }) => ({ cidr, exit: this.exit(party, proxy, { ...target, addresses }, host.port) }))
      .filter(({ exit }) => exit.allowed);
    const exits = [outward, ...open.map(({ exit }) => exit)].flatMap(({ because }) => because());
    return {
      allowed: true,
      host,
      privateCidrs: open.map(({ cidr }) => cidr),
      because: [...inward.because(), list, ...new Set(exits)],
    };
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

function refusal({ workload }: EgressProxy): string {
  return `${workload.title} refuses it, since the name leads to no address or to one that is private and not declared for it`;
}

function listReason({ workload }: EgressProxy, { listPort, pattern, port, privateCidrs }: ProxiedHost): string {
  const inside = privateCidrs.length === 0 ? '' : `, which may lead to ${privateCidrs.join(', ')}`;
  return `the list at port ${listPort} of ${workload.title} names ${pattern.text}:${port}${inside}`;
}
