import {
  LabelSelector,
  type INetworkPolicyPeer,
  type IPodSelector,
  type NetworkPolicyPeerConfig,
  type PodSelectorConfig,
} from 'cdk8s-plus-29';
import { Construct } from 'constructs';
import { deferFault } from '../lib/errors/deferred';
import { Connections } from './connections';
import type { KubernetesRule } from './kubernetes-rule';
import type { Workload } from './workload';

/** A construct with pods that others may connect to. Also a peer for the policies of cdk8s-plus. */
export abstract class Connectable extends Construct implements INetworkPolicyPeer, IPodSelector {
  /** @internal */
  public abstract readonly _workload: Workload;

  /** Whom its pods may connect to, and who may connect to them, beside what its props imply. */
  public get connections(): Connections {
    return Connections._of(this, this._workload);
  }

  /**
   * Lets the pods do something in the Kubernetes API, in their own namespace: opens the way to it, gives them the token of
   * their ServiceAccount, and binds a Role with the rule to it.
   *
   * @param rule what they may do
   */
  public grantKubernetes(rule: KubernetesRule): void {
    const { apiGroups = [''], resources, verbs, resourceNames } = rule;
    deferFault(this, () => this._workload.grantKubernetes({ apiGroups, resources, verbs, resourceNames }), undefined);
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
