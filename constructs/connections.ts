import type { INetworkPolicyPeer } from 'cdk8s-plus-29';
import type { IConstruct } from 'constructs';
import { deferFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { networkPeersOf } from './foreign-peer';
import { Peer } from './peer';
import type { Port } from './port';
import { workloadOf, type Workload } from './workload';

/** The connections of a workload, by intent. Each opens exactly what it names. */
export class Connections {
  /** @internal */
  public static _of(owner: IConstruct, workload: Workload): Connections {
    return new Connections(owner, workload);
  }

  private readonly owner: IConstruct;
  private readonly workload: Workload;

  private constructor(owner: IConstruct, workload: Workload) {
    this.owner = owner;
    this.workload = workload;
  }

  /**
   * Lets the pods connect to a peer. Towards constructs of this library both sides are opened; a workload of
   * cdk8s-plus lets them in with its own `connections.allowFrom`.
   *
   * @param peer a construct of this library or of cdk8s-plus, or `Peer.cidr`, `.pods`, `.host`
   * @param port the port of the peer's pods, which for Services is their target port
   */
  public allowTo(peer: Peer | INetworkPolicyPeer, port: Port): void {
    deferFault(this.owner, () => this.open(peer, port), undefined);
  }

  /**
   * Lets the pods call the Kubernetes API, where the cluster's profile says it is, and gives them the token of their
   * ServiceAccount. What they may do there is for a RoleBinding to say.
   */
  public allowToApiServer(): void {
    this.workload.allowToApiServer();
  }

  /**
   * Lets a peer connect to the pods, at the port that they serve.
   *
   * @param peer a construct of this library or of cdk8s-plus, or `Peer.cidr` or `.pods`
   */
  public allowFrom(peer: Peer | INetworkPolicyPeer): void {
    deferFault(this.owner, () => this.admit(peer), undefined);
  }

  private open(peer: Peer | INetworkPolicyPeer, port: Port): void {
    const { workload } = this;
    const ours = workloadOf(peer);
    if (ours !== undefined) {
      workload.connectTo(ours, port._range);
    } else if (!(peer instanceof Peer)) {
      for (const found of networkPeersOf(peer, this.owner)) workload.allowTo(found, port._range);
    } else if (peer._spec.kind === 'network') {
      workload.allowTo(peer._spec.peer, port._range);
    } else {
      const { host, tls, privateCidrs } = peer._spec;
      workload.allowToHost({ host, tls, privateCidrs, port: this.tlsPort(port) });
    }
  }

  private admit(peer: Peer | INetworkPolicyPeer): void {
    const { workload } = this;
    const ours = workloadOf(peer);
    if (ours !== undefined) {
      ours.connectTo(workload);
    } else if (!(peer instanceof Peer)) {
      for (const found of networkPeersOf(peer, this.owner)) workload.allowFrom(found);
    } else if (peer._spec.kind === 'network') {
      workload.allowFrom(peer._spec.peer);
    } else {
      throw new SynthError('PEER_INVALID', this.owner, {
        message: 'nobody is let in by name',
        remedy: 'Name the pods or addresses that may connect: Peer.pods or Peer.cidr',
      });
    }
  }

  private tlsPort(port: Port): number {
    const { protocol, port: number, endPort } = port._range;
    if (protocol === 'TCP' && endPort === undefined) return number;
    throw new SynthError('PEER_INVALID', this.owner, {
      message: `hosts are opened by single TCP ports, this is ${protocol} ${number}${endPort === undefined ? '' : `-${endPort}`}`,
      remedy: 'Name one TCP port, or open the addresses with Peer.cidr',
    });
  }
}
