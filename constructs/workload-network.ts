import type { Connection, NetworkPeer, PodPeer } from '../lib/network/peer';
import { networkPolicySpec } from '../lib/network/network-policy';
import { covers, type PortRange } from '../lib/network/port';
import type { ClusterProfile } from './cluster-profile';
import type { WorkloadEgress } from './workload-egress';

/** Openings that are known only when the program is complete. */
export interface LateOpenings {
  readonly ingress: readonly Connection[];
  readonly egress: readonly Connection[];
}

/** What a workload is, to its network. */
export interface NetworkOwner {
  readonly pods: PodPeer;
  readonly profile: ClusterProfile;
  /** Its openings by name. */
  readonly names: WorkloadEgress;
  /** Whether a mesh puts its sidecar into the pods. */
  readonly meshed: boolean;
  readonly openings?: () => LateOpenings;
}

/** The openings of a workload: whom its pods may connect to, and who may connect to them. Nothing else is open. */
export class WorkloadNetwork {
  private readonly ingress: Connection[] = [];
  private readonly egress: Connection[] = [];
  /** Of these, how many the pods have for their sidecars. */
  private readonly ofSidecars: number;

  public constructor(private readonly owner: NetworkOwner) {
    const { mesh } = owner.profile._options;
    if (mesh !== undefined && owner.meshed) for (const { peer, port } of mesh._egress) this.allowTo(peer, port);
    this.ofSidecars = this.egress.length;
  }

  /** Whether the program lets the pods connect to anything. */
  public get connectsOut(): boolean {
    const { names, openings } = this.owner;
    return openings !== undefined || names.allowedHosts.length > 0 || this.egress.length > this.ofSidecars;
  }

  /** Lets a peer in. */
  public allowFrom(peer: NetworkPeer, port: PortRange): void {
    this.ingress.push({ peer, port });
  }

  /** Lets the pods out to a peer, whose Services they may have to resolve. */
  public allowTo(peer: NetworkPeer, port: PortRange): void {
    this.egress.push({ peer, port });
    const namespace = namespaceOf(peer);
    if (namespace !== undefined) this.owner.names.addServiceHosts(`*.${namespace}.svc`);
  }

  /** Lets the pods out to others, whose Services have these names. */
  public allowToService(peer: PodPeer, port: PortRange, hosts: readonly string[]): void {
    this.egress.push({ peer, port });
    this.owner.names.addServiceHosts(...hosts);
  }

  /** Lets the pods out by connections that name no Service. */
  public allowToAddresses(connections: readonly Connection[]): void {
    this.egress.push(...connections);
  }

  /** Whether anybody is let in to a port. */
  public admitsAnybody(at: number): boolean {
    return this.ingress.some(({ port }) => covers(port, at));
  }

  /** Whether addresses, which may be outside of the cluster, are let in to a port. */
  public admitsAddresses(at: number): boolean {
    return this.ingress.some(({ peer, port }) => 'cidr' in peer && covers(port, at));
  }

  /** Whether there is a name to resolve: a pod's, or a host's. */
  public get resolvesNames(): boolean {
    if (this.owner.openings !== undefined || this.owner.names.allowedHosts.length > 0) return true;
    return this.egress.some(({ peer }) => !('cidr' in peer));
  }

  /** Addresses that are called past the proxy; NO_PROXY of Node has no CIDR, so only single ones count. */
  public get directHosts(): string[] {
    return this.egress.flatMap(({ peer }) => {
      const [, address] = ('cidr' in peer && /^(.*)\/(?:32|128)$/.exec(peer.cidr)) || [];
      return address === undefined ? [] : [address];
    });
  }

  /** The spec of the NetworkPolicy. */
  public policySpec() {
    const { names, pods, profile, openings } = this.owner;
    const late = openings?.() ?? { ingress: [], egress: [] };
    const ingress = [...this.throughSidecars(this.ingress), ...late.ingress];
    const egress = [...this.throughSidecars(this.egress), ...late.egress, ...names.connections()];
    const dns = this.resolvesNames && !names.filtersDns ? profile._dns._facts : undefined;
    return networkPolicySpec({ podLabels: pods.podLabels, ingress, egress, dns });
  }

  private throughSidecars(connections: readonly Connection[]): readonly Connection[] {
    const { profile, meshed } = this.owner;
    const { mesh, metricsScraper } = profile._options;
    if (mesh === undefined || !meshed) return connections;
    const readers = metricsScraper === undefined ? [] : [metricsScraper._network('ClusterProfile.metricsScraper')];
    return mesh._between(connections, readers);
  }
}

/** The namespace that a peer names, `*` for pods of whichever; absent for addresses. */
function namespaceOf(peer: NetworkPeer): string | undefined {
  if ('cidr' in peer) return undefined;
  if ('namespace' in peer) return peer.namespace;
  return peer.namespaceSelector.matchLabels?.['kubernetes.io/metadata.name'] ?? '*';
}
