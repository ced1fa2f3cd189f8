import { titleOf, type KubernetesObject } from '../kubernetes-object';
import { LabelSelector } from '../label-selector';
import { ManifestReader } from '../manifest-reader';
import { isBlock } from '../address-set';
import { BlockPeer } from '../peers/block-peer';
import { EntityPeer } from '../peers/entity-peer';
import { PodPeer } from '../peers/pod-peer';
import { PodSelector } from '../pod-selector';
import type { Peer } from '../peer';
import type { Direction, Policy, PolicyRule } from '../policy';
import { PortMatch } from '../port-match';
import { LAST_PORT, type Protocol } from '../protocol';
import { readDomainNames } from './application-network-policy';

const ACTIONS: Readonly<Record<string, PolicyRule['action']>> = { Accept: 'allow', Deny: 'deny', Pass: 'pass' };

/** ClusterNetworkPolicy: rules of the cluster's administrators, before and after the policies of namespaces. */
export function readClusterNetworkPolicy(object: KubernetesObject): Policy {
  const spec = ManifestReader.of(object, 'spec').only('tier', 'priority', 'subject', 'ingress', 'egress');
  const tier = spec.text('tier');
  if (tier !== 'Admin' && tier !== 'Baseline') throw spec.fault('tier', 'is neither Admin nor Baseline');
  const priority = spec.integer('priority');
  if (priority === undefined) throw spec.fault('priority', 'is missing');
  return {
    title: titleOf(object),
    tier,
    priority,
    subject: readPods(spec.child('subject').only('namespaces', 'pods')),
    isolates: [],
    rules: [
      ...spec.items('ingress').map((rule, i) => readRule(rule, 'ingress', i)),
      ...spec.items('egress').map((rule, i) => readRule(rule, 'egress', i)),
    ],
  };
}

function readRule(reader: ManifestReader, direction: Direction, index: number): PolicyRule {
  const side = direction === 'ingress' ? 'from' : 'to';
  reader.only('name', 'action', side, 'protocols');
  const action = ACTIONS[reader.text('action') ?? ''];
  if (action === undefined) throw reader.fault('action', 'is none of Accept, Deny and Pass');
  const name = reader.text('name');
  const peers = reader.items(side).flatMap((peer) => readPeers(peer, direction, action));
  const ports = reader.items('protocols').map(readPorts);
  return {
    direction,
    action,
    title: `${direction} rule ${index + 1}${name === undefined ? '' : ` "${name}"`}`,
    peers: BlockPeer.joined(peers),
    ports: ports.length > 0 ? ports : undefined,
  };
}

function readPeers(reader: ManifestReader, direction: Direction, action: PolicyRule['action']): Peer[] {
  if (direction === 'ingress') return [new PodPeer(readPods(reader.only('namespaces', 'pods')))];
  reader.only('namespaces', 'pods', 'nodes', 'networks', 'domainNames');
  if (reader.keys().length !== 1) throw reader.fault('', 'is not exactly one kind of peer');
  if (reader.has('networks')) return readNetworks(reader);
  if (reader.has('domainNames')) {
    if (action !== 'allow') throw reader.fault('domainNames', 'is understood in rules that accept only');
    return [readDomainNames(reader)];
  }
  // Which nodes is not told by any manifest.
  return [reader.has('nodes') ? new EntityPeer('nodes') : new PodPeer(readPods(reader))];
}

function readPods(reader: ManifestReader): PodSelector {
  if (reader.keys().length !== 1) throw reader.fault('', 'is not exactly one of namespaces and pods');
  if (reader.has('namespaces')) {
    return new PodSelector(LabelSelector.read(reader.child('namespaces')), LabelSelector.everything);
  }
  const pods = reader.child('pods').only('namespaceSelector', 'podSelector');
  return new PodSelector(
    LabelSelector.read(pods.child('namespaceSelector')),
    LabelSelector.read(pods.child('podSelector')),
  );
}

function readNetworks(reader: ManifestReader): Peer[] {
  return reader.strings('networks').map((network) => {
    if (!isBlock(network)) throw reader.fault('networks', `has "${network}", which is no block of addresses`);
    return BlockPeer.of(network, [], true);
  });
}

function readPorts(reader: ManifestReader): PortMatch {
  reader.only('tcp', 'udp', 'sctp', 'destinationNamedPort');
  const [kind = '', ...others] = reader.keys();
  if (kind === '' || others.length > 0) throw reader.fault('', 'is not exactly one protocol');
  if (kind === 'destinationNamedPort') return PortMatch.named(reader.text(kind) ?? '');
  const protocol = kind.toUpperCase() as Protocol;
  const one = reader.child(kind).only('destinationPort');
  if (!one.has('destinationPort')) return PortMatch.all(protocol);
  const port = one.child('destinationPort').only('number', 'range');
  const range = port.child('range').only('start', 'end');
  const first = port.integer('number') ?? range.integer('start');
  const last = port.integer('number') ?? range.integer('end');
  if (first === undefined || last === undefined || first < 1 || last < first || last > LAST_PORT) {
    throw port.fault('', 'is neither a port nor a range of ports');
  }
  return PortMatch.range(first, last, protocol);
}
