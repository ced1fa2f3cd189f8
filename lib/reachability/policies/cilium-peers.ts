import { isBlock } from '../address-set';
import { CiliumSelector } from '../cilium-selector';
import { HostPattern, isHostName } from '../host-pattern';
import type { ManifestReader } from '../manifest-reader';
import { BlockPeer } from '../peers/block-peer';
import { ENTITIES, EntityPeer } from '../peers/entity-peer';
import { HostPeer } from '../peers/host-peer';
import { PodPeer } from '../peers/pod-peer';
import type { Peer } from '../peer';
import type { Direction } from '../policy';
import { readBlock } from './network-policy';

/** Fields of a rule that say nothing of peers. */
const OTHER_FIELDS = ['toPorts', 'icmps', 'authentication'];

/** The peers of a rule: absent for everybody, and none at all if a list of them is empty. */
export function readCiliumPeers(
  reader: ManifestReader,
  direction: Direction,
  action: 'allow' | 'deny',
  namespace: string,
): Peer[] | undefined | 'nobody' {
  const side = direction === 'ingress' ? 'from' : 'to';
  const names = direction === 'egress' && action === 'allow' ? ['toFQDNs'] : [];
  const lists = [`${side}Endpoints`, `${side}Entities`, `${side}CIDR`, `${side}CIDRSet`];
  reader.only(...lists, ...names, ...OTHER_FIELDS);
  const present = lists.filter((key) => reader.has(key));
  const peers = [...present, ...names].flatMap((key) => readPeers(reader, key, namespace));
  if (peers.length > 0) return BlockPeer.joined(peers);
  return present.length > 0 ? 'nobody' : undefined;
}

function readPeers(reader: ManifestReader, key: string, namespace: string): Peer[] {
  if (key === 'toFQDNs') return hosts(reader);
  if (key.endsWith('Endpoints')) {
    return reader.items(key).map((selector) => new PodPeer(CiliumSelector.peer(selector, namespace)));
  }
  if (key.endsWith('CIDRSet')) return reader.items(key).map((set) => readBlock(set.only('cidr', 'except'), false));
  return reader
    .strings(key)
    .map((text) => (key.endsWith('CIDR') ? block(reader, key, text) : entity(reader, key, text)));
}

function hosts(reader: ManifestReader): Peer[] {
  const patterns = reader.items('toFQDNs').map(readCiliumName);
  return patterns.length > 0 ? [new HostPeer(patterns, false)] : [];
}

/** A name or pattern, as for hosts and for questions to DNS. */
export function readCiliumName(reader: ManifestReader): HostPattern {
  reader.only('matchName', 'matchPattern');
  const name = reader.text('matchName');
  const text = name ?? reader.text('matchPattern') ?? '';
  if (reader.keys().length !== 1 || !isHostName(text)) throw reader.fault('', 'is neither a name nor a pattern');
  return name === undefined ? HostPattern.cilium(text) : HostPattern.name(name);
}

function block(reader: ManifestReader, key: string, text: string): Peer {
  if (!isBlock(text)) throw reader.fault(key, `has "${text}", which is no block of addresses`);
  return BlockPeer.of(text, [], false);
}

function entity(reader: ManifestReader, key: string, text: string): Peer {
  if (!ENTITIES.includes(text)) throw reader.fault(key, `has "${text}", which is not understood`);
  return new EntityPeer(text);
}
