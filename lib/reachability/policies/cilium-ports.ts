import type { ManifestReader } from '../manifest-reader';
import { PortMatch } from '../port-match';
import { isProtocol, LAST_PORT, type Protocol } from '../protocol';
import { readCiliumName } from './cilium-peers';

/** Fields of a port rule that only narrow what goes through, within connections that are allowed. */
const NARROWING = ['terminatingTLS', 'originatingTLS', 'serverNames', 'listener'];

/** Protocols without ports, which are none of those that connections are asked for. */
const PORTLESS = ['ICMP', 'ICMPV6', 'VRRP', 'IGMP', 'GRE', 'IPIP', 'IPV6', 'ESP', 'AH'];

/** The ports of a rule: absent for all of them, and none at all if it is about ICMP. */
export function readCiliumPorts(reader: ManifestReader, action: 'allow' | 'deny'): PortMatch[] | undefined {
  const rules = reader.items('toPorts');
  if (rules.length > 0) return rules.flatMap((rule) => readPortRule(rule, action));
  return reader.items('icmps').length > 0 ? [] : undefined;
}

function readPortRule(reader: ManifestReader, action: 'allow' | 'deny'): PortMatch[] {
  reader.only('ports', ...(action === 'allow' ? ['rules', ...NARROWING] : []));
  const layer7 = reader.child('rules').only('dns', 'http');
  const ports = reader.items('ports').flatMap(readPort);
  if (layer7.items('dns').length === 0) return ports;
  const names = layer7.items('dns').map(readCiliumName);
  return ports.map((port) => port.forNames(names));
}

function readPort(reader: ManifestReader): PortMatch[] {
  reader.only('port', 'endPort', 'protocol');
  const protocol = reader.text('protocol')?.toUpperCase();
  if (protocol !== undefined && PORTLESS.includes(protocol)) return [];
  return [portMatch(reader, readProtocol(reader, protocol))];
}

function readProtocol(reader: ManifestReader, protocol = 'ANY'): Protocol | undefined {
  if (protocol === 'ANY' || protocol === '') return undefined;
  if (!isProtocol(protocol)) throw reader.fault('protocol', `is "${protocol}", which is not understood`);
  return protocol;
}

function portMatch(reader: ManifestReader, protocol: Protocol | undefined): PortMatch {
  const text = String(reader.integerOrText('port') ?? '');
  if (/[a-z]/i.test(text)) return PortMatch.named(text.toLowerCase(), protocol);
  if (!/^\d+$/.test(text) || Number(text) > LAST_PORT) throw reader.fault('port', 'is no port');
  const first = Number(text);
  // Port 0 means all of them, and an end that is no later than the beginning means none.
  if (first === 0) return PortMatch.all(protocol);
  return PortMatch.range(first, Math.max(first, reader.integer('endPort') ?? first), protocol);
}
