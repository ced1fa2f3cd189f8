import {
  LabelSelector,
  type INetworkPolicyPeer,
  type IPodSelector,
  type NetworkPolicyPeerConfig,
  type PodSelectorConfig,
} from 'cdk8s-plus-29';
import { Construct } from 'constructs';
import { Connections } from './connections';
import type { Workload } from './workload';

/** A construct with pods that others may connect to. Also a peer for the policies of cdk8s-plus. */
export abstract class Connectable extends Construct implements INetworkPolicyPeer, IPodSelector {
  /** @internal */
  public abstract readonly _workload: Workload;

  /** Whom its pods may connect to, and who may connect to them, beside what its props imply. */
  public get connections(): Connections {
    return Connections._of(this, this._workload);
  }

  /** The pods, as policies of cdk8s-plus take them. */
  public toNetworkPolicyPeerConfig(): NetworkPolicyPeerConfig {
    return { podSelector: this.toPodSelectorConfig() };
  }

  /** The pods, as policies of cdk8s-plus take them. */
  public toPodSelector(): IPodSelector | undefined {
    return this;
  }

  /** The pods, as policies of cdk8s-plus take them. */
  public toPodSelectorConfig(): PodSelectorConfig {
    const { namespace, podLabels } = this._workload.peer;
    return { labelSelector: LabelSelector.of({ labels: { ...podLabels } }), namespaces: { names: [namespace] } };
  }
}
