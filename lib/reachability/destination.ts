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
  /** Whether it is a host by a name that is not the cluster's. */
  readonly isHost?: true;
}

/** How a name is asked for. */
interface Question {
  /** Namespace of the pod that asks. */
  readonly from: string | undefined;
  /** Where a name may lead that is not the cluster's, and whose addresses are not told. */
  readonly elsewhere: AddressSet;
  /** Names that led here. */
  readonly aliases: readonly string[];
}

/** A Service by its name and namespace. */
type ServiceId = readonly [name: string, namespace: string];

const samePort = (port: number) => [port];

/** Finds what names and addresses lead to, as the DNS of the cluster answers in a namespace. */
export class Destinations {
  private readonly services = new Map<string, Service>();

  /**
   * @param hosts addresses of names that are not the cluster's
   * @param knownNamespaces names of namespaces that are known to be there
   */
  public constructor(
    private readonly network: Network,
    services: readonly Service[],
    private readonly hosts: ReadonlyMap<string, AddressSet>,
    private readonly knownNamespaces: ReadonlySet<string>,
  ) {
    for (const service of services) this.services.set(`${service.namespace}/${service.name}`, service);
  }

  /**
   * @param text an address, a block of addresses or a DNS name
   * @param from namespace where it is asked, for short names of Services
   * @param elsewhere where a name may lead that is not the cluster's, and whose addresses are not told
   */
  public find(text: string, from?: string, elsewhere = PUBLIC_ADDRESSES): Destination[] {
    if (isBlock(text)) return [{ party: this.addressParty(text), ports: samePort }];
    const host = normalHost(text);
    if (!isHostName(host)) throw new RangeError(`"${text}" is neither a DNS name nor an IP address`);
    return this.named(host, { from, elsewhere, aliases: [] });
  }

  /** The addresses of a name, if they are told. */
  public told(host: string): AddressSet | undefined {
    return this.hosts.get(host);
  }

  /** Where a name may lead that is asked for as it stands: resolvers of proxies complete none. */
  public possible(host: string): AddressSet {
    const [kind] = inDomain(host, this.network.clusterDomain).split('.').toReversed();
    return kind === 'svc' || kind === 'pod' ? this.network.clusterAddresses : AddressSet.all;
  }

  private addressParty(text: string): Party {
    const addresses = AddressSet.of(text);
    const names = [...this.hosts].filter(([, known]) => known.intersects(addresses)).map(([name]) => name);
    return { title: text, hostNames: names, addresses };
  }

  /** What the cluster's DNS answers; where manifests do not tell whether a name is the cluster's, both readings. */
  private named(host: string, question: Question): Destination[] {
    const labels = inDomain(host, this.network.clusterDomain).split('.');
    const [kind, namespace = '', name = ''] = labels.toReversed();
    if (kind === 'svc' && name !== '') return this.ofService([name, namespace], question);
    if (kind === 'pod' && name !== '') return [this.ofUnknownPods(`a pod in namespace ${namespace}`, namespace)];
    const service = this.shortName(labels, question.from);
    if (service !== undefined) return this.ofService(service, question);
    const completed = this.hosts.has(host) ? [] : this.completions(labels, question.from);
    return [this.ofHost(host, question), ...completed.flatMap((one) => this.ofService(one, question))];
  }

  /** The Service that a name must mean, perhaps with its namespace; undefined if it may be that of a host. */
  private shortName(labels: readonly string[], from: string | undefined): ServiceId | undefined {
    const [name = '', namespace = from, ...more] = labels;
    if (more.length > 0 || namespace === undefined) return undefined;
    const isKnown = this.services.has(`${namespace}/${name}`) || labels.join('.') === API_SERVER;
    return labels.length === 1 || isKnown ? [name, namespace] : undefined;
  }

  /** Services that resolvers may complete a name to, or a pod of which: `service.namespace`, `pod.service`. */
  private completions(labels: readonly string[], from = ''): ServiceId[] {
    const [last = '', previous = ''] = labels.toReversed();
    const isOfNamespace = (labels.length === 2 || labels.length === 3) && this.knownNamespaces.has(last);
    const isOfPod = labels.length === 2 && this.services.get(`${from}/${last}`)?.isHeadless === true;
    return [...(isOfNamespace ? [[previous, last] as const] : []), ...(isOfPod ? [[last, from] as const] : [])];
  }

  /** A name that is not the cluster's. */
  private ofHost(host: string, { elsewhere }: Question): Destination {
    const addresses = this.hosts.get(host) ?? elsewhere;
    const party = { title: host, hostNames: [host.replace(/\*+/g, 'any')], addresses };
    return { party, ports: samePort, isHost: true };
  }

  private ofService([name, namespace]: ServiceId, question: Question): Destination[] {
    const service = this.services.get(`${namespace}/${name}`);
    if (service === undefined) return this.ofUnknownService(name, namespace);
    if (service.externalName !== undefined) return this.ofAlias(service, service.externalName, question);
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

  private ofAlias({ title, namespace }: Service, externalName: string, question: Question): Destination[] {
    const host = normalHost(externalName);
    if (question.aliases.includes(host)) throw new RangeError(`${title} is an alias of itself`);
    return this.named(host, { ...question, from: namespace, aliases: [...question.aliases, host] });
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
