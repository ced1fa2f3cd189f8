import type { INetworkPolicyPeer, LabelSelector as PlusSelector, PodSelectorConfig } from 'cdk8s-plus-29';
import { Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import { blockFault } from '../lib/network/cidr';
import type { LabelSelector, NetworkPeer } from '../lib/network/peer';
import { checkedLabels } from '../lib/workload/labels';

/** Operators that say nothing without values. */
const NEED_VALUES = ['In', 'NotIn'];

/**
 * What a peer of cdk8s-plus selects. Without namespaces it means the namespace of the workload that connects, as in a
 * NetworkPolicy. Throws PEER_INVALID and LABEL_INVALID for what would open more than it says.
 */
export function networkPeersOf(peer: INetworkPolicyPeer, owner: IConstruct): NetworkPeer[] {
  const { ipBlock, podSelector } = peer.toNetworkPolicyPeerConfig();
  const blocks = ipBlock === undefined ? [] : [{ cidr: ipBlock.cidr, except: ipBlock.except }];
  const fault = blocks.map(blockFault).find((found) => found !== undefined);
  if (fault !== undefined) throw new SynthError('PEER_INVALID', owner, fault);
  return podSelector === undefined ? blocks : [...blocks, ...selected(podSelector, owner)];
}

function selected({ labelSelector, namespaces }: PodSelectorConfig, owner: IConstruct): NetworkPeer[] {
  const podSelector = plain(labelSelector, owner);
  const labels = namespaces?.labelSelector && plain(namespaces.labelSelector, owner);
  if (namespaces?.names === undefined && labels !== undefined) return [{ namespaceSelector: labels, podSelector }];
  const names = namespaces?.names ?? [Chart.of(owner).namespace ?? ''];
  return names.map((name) => ({ namespaceSelector: named(name, labels), podSelector }));
}

/** Namespaces of a name that also have the given labels. */
function named(name: string, labels: LabelSelector = {}): LabelSelector {
  return { ...labels, matchLabels: { ...labels.matchLabels, 'kubernetes.io/metadata.name': name } };
}

/**
 * The selector as cdk8s-plus renders it, which is the form that shows what it holds. Labels without a value are left out
 * there, and all pods selected.
 */
function plain(selector: PlusSelector, owner: IConstruct): LabelSelector {
  const { matchLabels, matchExpressions } = selector._toKube();
  checkedLabels(owner, selector['labels'] as Record<string, string>);
  const silent = matchExpressions?.find(({ operator, values }) => NEED_VALUES.includes(operator) && !values?.length);
  if (silent === undefined) return { matchLabels, matchExpressions };
  throw new SynthError('PEER_INVALID', owner, {
    message: `a selector says "${silent.key} ${silent.operator}" and no value`,
    remedy: 'Name the values that the label may have',
  });
}
