import { AddressSet, isBlock } from './address-set';
import { LOOPBACK_ADDRESSES, PUBLIC_ADDRESSES } from './address-space';
import { ANY_ADDRESS, anyPod } from './anyone';
import { isHostName, normalHost } from './host-pattern';
import { Labels } from './labels';
import type { Network } from './network';
import type { Party } from './party';
import type { Protocol } from './protocol';
import type { Service } from './service';

/** Port of the API server's Service, and those that it may lead to. */
const API_SERVER_PORTS = [443, 6443];

const API_SERVER = 'kubernetes.default';

/** Where a name or an address may lead. */
export interface Destination {
  readonly party: Party;
  /** Ports of the party that a port of the name leads to; undefined if they are not known. */
  readonly ports: (port: number, protocol: Protocol) => readonly number[] | undefined;
}

const samePort = (port: number) => [port];

/** Finds what names and addresses lead to, as the DNS of the cluster answers in a namespace. */
export class Destinations {
  private readonly services = new Map<string, Service>();
  private readonly knownNamespaces: ReadonlySet<string>;

  /** @param hosts addresses of names that are not the cluster's */
  public constructor(
    private readonly network: Network,
    services: readonly Service[],
    private readonly hosts: ReadonlyMap<string, AddressSet>,
  ) {
    for (const service of services) this.services.set(`${service.namespace}/${service.name}`, service);
    this.knownNamespaces = new Set([
      ...services.map(({ namespace }) => namespace),
      ...network.parties.flatMap(({ workload }) => workload?.namespace ?? []),
    ]);
  }

  /**
   * @param text an address, a block of addresses or a DNS name
   * @param namespace where it is asked, for short names of Services
   * @param elsewhere where a name may lead that is not the cluster's, and whose addresses are not told
   */
  public find(text: string, namespace?: string, elsewhere = PUBLIC_ADDRESSES): Destination[] {
    if (isBlock(text)) return [{ party: this.addressParty(text), ports: samePort }];
    const host = normalHost(text);
    if (!isHostName(host)) throw new RangeError(`"${text}" is neither a DNS name nor an IP address`);
    return this.inCluster(host, namespace, []) ?? [{ party: this.hostParty(host, elsewhere), ports: samePort }];
  }

  /** The party of a name that is not the cluster's. */
  public hostParty(host: string, elsewhere = PUBLIC_ADDRESSES): Party {
    const sample = host.replace(/\*+/g, 'any');
    return { title: host, hostNames: [sample], addresses: this.hosts.get(host) ?? elsewhere };
  }

  private addressParty(text: string): Party {
    const addresses = AddressSet.of(text);
    const names = [...this.hosts].filter(([, known]) => known.intersects(addresses)).map(([name]) => name);
    return { title: text, hostNames: names, addresses };
  }

  /** What the cluster's DNS answers for its own names; undefined if a name is not its own. */
  private inCluster(host: string, from: string | undefined, seen: readonly string[]): Destination[] | undefined {
    const labels = inDomain(host, this.network.clusterDomain).split('.');
    const [kind, namespace = '', name = ''] = labels.toReversed();
    if (kind === 'svc' && name !== '') return this.ofService(name, namespace, seen);
    if (kind === 'pod' && name !== '') return [this.ofUnknownPods(`a pod in namespace ${namespace}`, namespace)];
    return this.shortName(labels, from, seen);
  }

  /** A name that resolvers complete: that of a Service, perhaps with its namespace. */
  private shortName(labels: readonly string[], from: string | undefined, seen: readonly string[]) {
    const [name = '', namespace = from, ...more] = labels;
    if (more.length > 0 || namespace === undefined) return undefined;
    const isKnown = labels.length === 1 || this.knownNamespaces.has(namespace) || labels.join('.') === API_SERVER;
    return isKnown ? this.ofService(name, namespace, seen) : undefined;
  }

  private ofService(name: string, namespace: string, seen: readonly string[]): Destination[] {
    const service = this.services.get(`${namespace}/${name}`);
    if (service === undefined) return this.ofUnknownService(name, namespace);
    if (service.externalName !== undefined) return this.ofAlias(service, service.externalName, seen);
    const ports = (pods: Party['pods']) => (port: number, protocol: Protocol) => {
      const podPort = service.podPort(port, protocol, pods);
      if (podPort === 'unknown') return undefined;
      return podPort === undefined ? [] : [podPort];
    };
    const parties = this.network.partiesOf(service);
    if (parties.length > 0) return parties.map((party) => ({ party, ports: ports(party.pods) }));
    if (service.selector !== undefined) {
      const { party } = this.ofUnknownPods(`the pods of ${service.title}`, namespace, service.selector);
      return [{ party, ports: ports(party.pods) }];
    }
    const title = `${service.title}, whose endpoints its manifest does not tell`;
    const hostNames = [this.network.serviceHost(name, namespace)];
    return [ANY_ADDRESS, anyPod(this.network.clusterAddresses)].map((party) => ({
      party: { ...party, title, hostNames },
      ports: ports(undefined),
    }));
  }

  private ofAlias(service: Service, externalName: string, seen: readonly string[]): Destination[] {
    const host = normalHost(externalName);
    if (seen.includes(host)) throw new RangeError(`${service.title} is an alias of itself`);
    const found = this.inCluster(host, service.namespace, [...seen, host]);
    return found ?? [{ party: this.hostParty(host), ports: samePort }];
  }

  private ofUnknownService(name: string, namespace: string): Destination[] {
    const host = this.network.serviceHost(name, namespace);
    if (`${name}.${namespace}` === API_SERVER) return [this.apiServer(host)];
    const { party } = this.ofUnknownPods(`the pods of Service ${namespace}/${name}`, namespace);
    return [{ party: { ...party, hostNames: [host] }, ports: () => undefined }];
  }

  private apiServer(host: string): Destination {
    const known = [...this.hosts].find(([name]) => name.startsWith(API_SERVER))?.[1];
    const party = {
      title: 'the API server',
      entity: 'kube-apiserver',
      hostNames: [host],
      addresses: known ?? AddressSet.all,
    };
    return { party, ports: (port) => (port === API_SERVER_PORTS[0] ? API_SERVER_PORTS : [port]) };
  }

  /** Pods that are not of the program: what is not known of them may be anything. */
  private ofUnknownPods(title: string, namespace: string, labels: Readonly<Record<string, string>> = {}): Destination {
    const pods = {
      namespace,
      namespaceLabels: this.network.namespaces.labelsOf(namespace),
      labels: Labels.some(labels),
      hostNetwork: false,
    };
    return { party: { title, pods, hostNames: [], addresses: this.network.clusterAddresses }, ports: samePort };
  }
}

/** A name without the domain of the cluster. */
function inDomain(host: string, clusterDomain: string): string {
  return host.endsWith(`.${clusterDomain}`) ? host.slice(0, -clusterDomain.length - 1) : host;
}

/** Whether a text means the machine that asks. */
export function isLoopback(text: string): boolean {
  if (isBlock(text)) return LOOPBACK_ADDRESSES.contains(AddressSet.of(text));
  return /(^|\.)localhost$/.test(normalHost(text));
}
