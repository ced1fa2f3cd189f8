import { isIP } from 'node:net';
import { SynthError } from '../lib/errors/synth-error';
import type { NetworkPeer } from '../lib/network/peer';
import { checkedLabels } from '../lib/workload/labels';
import { checkedLabel } from '../lib/workload/names';

/** Pods of a namespace, by their labels. */
export interface PodSelection {
  /** Name of the namespace. */
  readonly namespace: string;
  /** Labels that the pods have, at least one. */
  readonly podLabels: Record<string, string>;
}

/** From where a gateway may be reached. */
export class Entry {
  /** Pods of the cluster that call the gateway themselves. */
  public static fromPods(pods: PodSelection): Entry {
    return new Entry(podPeer(pods), false);
  }

  /** An ingress controller or router, which brings in requests from outside of the cluster. */
  public static fromIngressController(pods: PodSelection): Entry {
    return new Entry(podPeer(pods), true);
  }

  /** Addresses outside of the cluster. @param cidr for example `10.1.0.0/16` */
  public static fromCidr(cidr: string): Entry {
    if (!isCidr(cidr)) {
      throw new SynthError('ENTRY_INVALID', 'Entry.fromCidr', {
        message: `"${cidr}" is no CIDR`,
        remedy: 'Give an address and a prefix length, for example 10.1.0.0/16',
      });
    }
    return new Entry({ cidr }, true);
  }

  /** Whether requests from outside of the cluster come in here. */
  public readonly external: boolean;
  /** @internal */
  public readonly _peer: NetworkPeer;

  private constructor(peer: NetworkPeer, external: boolean) {
    this._peer = peer;
    this.external = external;
  }
}

function isCidr(text: string): boolean {
  const [, address = '', prefix = ''] = /^([^/%]+)\/(0|[1-9]\d*)$/.exec(text) ?? [];
  return isIP(address) !== 0 && Number(prefix) <= (isIP(address) === 6 ? 128 : 32);
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
