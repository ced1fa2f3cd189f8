import { isBlock } from '../address-set';
import { namespaceOf, titleOf, type KubernetesObject } from '../kubernetes-object';
import { LabelSelector } from '../label-selector';
import { ManifestReader } from '../manifest-reader';
import { BlockPeer } from '../peers/block-peer';
import { PodPeer } from '../peers/pod-peer';
import { PodSelector } from '../pod-selector';
import type { Peer } from '../peer';
import type { Direction, Policy, PolicyRule } from '../policy';
import { PortMatch } from '../port-match';
import { isProtocol, LAST_PORT, type Protocol } from '../protocol';

/** Reads a peer of an egress or ingress rule. */
export type PeerReader = (reader: ManifestReader, namespace: string) => Peer;

/** NetworkPolicy of Kubernetes. */
export function readNetworkPolicy(object: KubernetesObject): Policy {
  return readNamespacedPolicy(object, readPeer, readPeer);
}

/** A policy with the fields of NetworkPolicy, and peers of its own. */
export function readNamespacedPolicy(object: KubernetesObject, ingress: PeerReader, egress: PeerReader): Policy {
  const spec = ManifestReader.of(object, 'spec').only('podSelector', 'policyTypes', 'ingress', 'egress');
  const namespace = namespaceOf(object);
  const isolates = directions(spec);
  const rules = [
    ...spec.items('ingress').map((rule, i) => readRule(rule, 'ingress', i, namespace, ingress)),
    ...spec.items('egress').map((rule, i) => readRule(rule, 'egress', i, namespace, egress)),
  ];
  return {
    title: titleOf(object),
    tier: 'Namespace',
    priority: 0,
    subject: new PodSelector(namespace, LabelSelector.read(spec.child('podSelector'))),
    isolates,
    // Rules of a direction that the policy is not about have no effect.
    rules: rules.filter(({ direction }) => isolates.includes(direction)),
  };
}

/** A policy that does not say so is about ingress, and about egress if it has rules for it. */
function directions(spec: ManifestReader): Direction[] {
  const types = spec.strings('policyTypes');
  if (types.length === 0) return spec.items('egress').length > 0 ? ['ingress', 'egress'] : ['ingress'];
  return types.map((type): Direction => {
    if (type === 'Ingress' || type === 'Egress') return type === 'Ingress' ? 'ingress' : 'egress';
    throw spec.fault('policyTypes', `has "${type}", which is not understood`);
  });
}

function readRule(
  reader: ManifestReader,
  direction: Direction,
  index: number,
  namespace: string,
  readOne: PeerReader,
): PolicyRule {
  const side = direction === 'ingress' ? 'from' : 'to';
  reader.only(side, 'ports');
  const peers = reader.items(side).map((peer) => readOne(peer, namespace));
  const ports = reader.items('ports').map(readPort);
  return {
    direction,
    action: 'allow',
    title: `${direction} rule ${index + 1}`,
    peers: peers.length > 0 ? peers : undefined,
    ports: ports.length > 0 ? ports : undefined,
  };
}

/** A peer as NetworkPolicy has it: selectors, or a block of addresses. */
export function readPeer(reader: ManifestReader, namespace: string): Peer {
  reader.only('podSelector', 'namespaceSelector', 'ipBlock');
  const selects = reader.has('podSelector') || reader.has('namespaceSelector');
  if (selects === reader.has('ipBlock')) throw reader.fault('', 'is neither selectors nor a block of addresses');
  if (reader.has('ipBlock')) return readBlock(reader.child('ipBlock').only('cidr', 'except'), true);
  const namespaces = reader.has('namespaceSelector')
    ? LabelSelector.read(reader.child('namespaceSelector'))
    : namespace;
  return new PodPeer(new PodSelector(namespaces, LabelSelector.read(reader.child('podSelector'))));
}

/** A block with its exceptions. */
export function readBlock(reader: ManifestReader, coversPods: boolean): Peer {
  const cidr = reader.text('cidr') ?? '';
  const except = reader.strings('except');
  const wrong = [cidr, ...except].find((block) => !isBlock(block));
  if (wrong !== undefined) throw reader.fault('', `has "${wrong}", which is no block of addresses`);
  return BlockPeer.of(cidr, except, coversPods);
}

function readPort(reader: ManifestReader): PortMatch {
  reader.only('protocol', 'port', 'endPort');
  const protocol = readProtocol(reader);
  const port = reader.integerOrText('port');
  const last = reader.integer('endPort');
  if (port === undefined && last === undefined) return PortMatch.all(protocol);
  if (typeof port === 'string' && last === undefined) return PortMatch.named(port, protocol);
  if (typeof port !== 'number') throw reader.fault('endPort', 'needs a port that is a number');
  if (port < 1 || (last ?? port) < port || (last ?? port) > LAST_PORT) throw reader.fault('', 'is no range of ports');
  return PortMatch.range(port, last ?? port, protocol);
}

function readProtocol(reader: ManifestReader): Protocol {
  const protocol = reader.text('protocol') ?? 'TCP';
  if (!isProtocol(protocol)) throw reader.fault('protocol', `is "${protocol}", which is not understood`);
  return protocol;
}
