import type { INetworkPolicyPeer, LabelSelector as PlusSelector, PodSelectorConfig } from 'cdk8s-plus-29';
import { Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { LabelSelector, NetworkPeer } from '../lib/network/peer';

/**
 * What a peer of cdk8s-plus selects. Without namespaces it means the namespace of the workload that connects, as in
 * a NetworkPolicy.
 */
export function networkPeersOf(peer: INetworkPolicyPeer, owner: IConstruct): NetworkPeer[] {
  const { ipBlock, podSelector } = peer.toNetworkPolicyPeerConfig();
  const blocks = ipBlock === undefined ? [] : [{ cidr: ipBlock.cidr, except: ipBlock.except }];
  return podSelector === undefined ? blocks : [...blocks, ...selected(podSelector, owner)];
}

function selected({ labelSelector, namespaces }: PodSelectorConfig, owner: IConstruct): NetworkPeer[] {
  const podSelector = plain(labelSelector);
  const labels = namespaces?.labelSelector && plain(namespaces.labelSelector);
  if (namespaces?.names === undefined && labels !== undefined) return [{ namespaceSelector: labels, podSelector }];
  const names = namespaces?.names ?? [Chart.of(owner).namespace ?? ''];
  return names.map((name) => ({ namespaceSelector: named(name, labels), podSelector }));
}

/** Namespaces of a name that also have the given labels. */
function named(name: string, labels: LabelSelector = {}): LabelSelector {
  return { ...labels, matchLabels: { ...labels.matchLabels, 'kubernetes.io/metadata.name': name } };
}

/** cdk8s-plus shows what a selector holds only in the form that it renders. */
function plain(selector: PlusSelector): LabelSelector {
  const { matchLabels, matchExpressions } = selector._toKube();
  return { matchLabels, matchExpressions };
}
