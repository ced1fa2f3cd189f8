import type { IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import { cidrFault } from '../lib/network/cidr';
import type { NetworkPeer } from '../lib/network/peer';
import { checkedLabels } from '../lib/workload/labels';
import { checkedLabel } from '../lib/workload/names';
import type { ClusterProfile } from './cluster-profile';
import type { PodSelection } from './peer';

/** From where a gateway may be reached. */
export class Entry {
  /** Pods of the cluster that call the gateway themselves. */
  public static fromPods(pods: PodSelection): Entry {
    const peer = podPeer(pods);
    return new Entry(() => peer, false);
  }

  /** An ingress controller or router, which brings in requests from outside of the cluster. */
  public static fromIngressController(pods: PodSelection): Entry {
    const peer = podPeer(pods);
    return new Entry(() => peer, true, true);
  }

  /** The ingress of the cluster, as its profile says. */
  public static fromClusterIngress(): Entry {
    return new Entry((profile, gateway) => podPeer(profile._ingress(gateway)), true, true);
  }

  /** Addresses outside of the cluster. @param cidr for example `10.1.0.0/16` */
  public static fromCidr(cidr: string): Entry {
    const fault = cidrFault(cidr);
    if (fault !== undefined) throw new SynthError('ENTRY_INVALID', 'Entry.fromCidr', fault);
    return new Entry(() => ({ cidr }), true);
  }

  /** Whether requests from outside of the cluster come in here. */
  public readonly external: boolean;
  /** Whether requests name a host that the ingress knows. @internal */
  public readonly _isIngress: boolean;
  private readonly peerIn: (profile: ClusterProfile, gateway: IConstruct) => NetworkPeer;

  private constructor(
    peerIn: (profile: ClusterProfile, gateway: IConstruct) => NetworkPeer,
    external: boolean,
    isIngress = false,
  ) {
    this.peerIn = peerIn;
    this.external = external;
    this._isIngress = isIngress;
  }

  /** @internal */
  public _peer(profile: ClusterProfile, gateway: IConstruct): NetworkPeer {
    return this.peerIn(profile, gateway);
  }
}

function podPeer({ namespace, podLabels }: PodSelection): NetworkPeer {
  if (namespace === '' || Object.keys(podLabels).length === 0) {
    throw new SynthError('ENTRY_INVALID', 'Entry', {
      message: 'a namespace and at least one label are needed, an empty selector would mean all pods',
      remedy:
        "Name them, for example { namespace: 'ingress-nginx', podLabels: { 'app.kubernetes.io/name': 'ingress-nginx' } }",
    });
  }
  return { namespace: checkedLabel('Entry', namespace), podLabels: checkedLabels('Entry', podLabels) };
}
