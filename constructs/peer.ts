import { SynthError } from '../lib/errors/synth-error';
import { blockFault } from '../lib/network/cidr';
import { isHostPattern } from '../lib/network/egress/host-rule';
import type { CidrPeer, PodPeer } from '../lib/network/peer';
import { checkedLabels } from '../lib/workload/labels';
import { checkedLabel } from '../lib/workload/names';

/** Pods of a namespace, by their labels. */
export interface PodSelection {
  /** Name of the namespace. */
  readonly namespace: string;
  /** Labels that the pods have, at least one. */
  readonly podLabels: Record<string, string>;
}

/** Options of a peer by name. */
export interface HostPeerOptions {
  /**
   * Whether what is spoken begins with TLS, so that the server name can be checked.
   * @default true
   */
  readonly tls?: boolean;
  /**
   * Blocks of addresses (`Peer.cidr`) that the name may lead to although they are private, for example those of a
   * PrivateLink endpoint.
   * @default - the name may lead to public addresses only
   */
  readonly privateEndpoints?: Peer[];
}

/** What a peer is. */
type PeerSpec =
  | { readonly kind: 'network'; readonly peer: PodPeer | CidrPeer }
  | { readonly kind: 'host'; readonly host: string; readonly tls: boolean; readonly privateCidrs: readonly string[] };

/** The other end of a connection, where it is not a construct. */
export class Peer {
  /**
   * A block of addresses.
   *
   * @param cidr for example `10.1.0.0/16`
   * @param exceptions parts of it that are left out
   */
  public static cidr(cidr: string, exceptions?: string[]): Peer {
    const fault = blockFault({ cidr, except: exceptions });
    if (fault !== undefined) throw new SynthError('PEER_INVALID', 'Peer.cidr', fault);
    return new Peer({ kind: 'network', peer: { cidr, except: exceptions } });
  }

  /** Pods that are not of this program. */
  public static pods(pods: PodSelection): Peer {
    if (pods.namespace === '' || Object.keys(pods.podLabels).length === 0) {
      throw new SynthError('PEER_INVALID', 'Peer.pods', {
        message: 'a namespace and at least one label are needed, an empty selector would mean all pods',
        remedy: "Name them, for example { namespace: 'data', podLabels: { app: 'postgres' } }",
      });
    }
    const namespace = checkedLabel('Peer.pods', pods.namespace);
    return new Peer({
      kind: 'network',
      peer: { namespace, podLabels: checkedLabels('Peer.pods', pods.podLabels) },
    });
  }

  /**
   * A host by name, opened by the egress engine of the cluster's profile.
   *
   * @param name for example `api.github.com`; `*.` before it stands for one label, `**.` for one or more
   */
  public static host(name: string, options: HostPeerOptions = {}): Peer {
    const host = name.toLowerCase().replace(/\.$/, '');
    if (!isHostPattern(host)) {
      throw new SynthError('PEER_INVALID', 'Peer.host', {
        message: `"${name}" is no DNS name with at least two labels`,
        remedy: 'Give a name such as api.example.com, for addresses use Peer.cidr',
      });
    }
    const privateCidrs = (options.privateEndpoints ?? []).map((endpoint) => endpoint._cidr('Peer.host'));
    return new Peer({ kind: 'host', host, tls: options.tls ?? true, privateCidrs });
  }

  /** @internal */
  public readonly _spec: PeerSpec;

  private constructor(spec: PeerSpec) {
    this._spec = spec;
  }

  /** @internal */
  public _network(place: string): PodPeer | CidrPeer {
    if (this._spec.kind === 'network') return this._spec.peer;
    throw new SynthError('PEER_INVALID', place, {
      message: 'pods or a block of addresses are needed here',
      remedy: 'Give Peer.pods or Peer.cidr',
    });
  }

  /** @internal */
  public _cidr(place: string): string {
    const spec = this._spec;
    if (spec.kind === 'network' && 'cidr' in spec.peer && spec.peer.except === undefined) return spec.peer.cidr;
    throw new SynthError('PEER_INVALID', place, {
      message: 'a block of addresses is needed here',
      remedy: "Give Peer.cidr('10.1.2.0/24'), without exceptions",
    });
  }
}
