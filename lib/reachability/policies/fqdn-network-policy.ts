import { HostPattern, isHostName } from '../host-pattern';
import { namespaceOf, titleOf, type KubernetesObject } from '../kubernetes-object';
import { LabelSelector } from '../label-selector';
import { ManifestReader } from '../manifest-reader';
import { HostPeer } from '../peers/host-peer';
import { PodSelector } from '../pod-selector';
import type { Policy, PolicyRule } from '../policy';
import { PortMatch } from '../port-match';
import { isProtocol, type Protocol } from '../protocol';

/** FQDNNetworkPolicy of GKE: egress to hosts by name, added to what NetworkPolicies allow. */
export function readFqdnNetworkPolicy(object: KubernetesObject): Policy {
  const spec = ManifestReader.of(object, 'spec').only('podSelector', 'egress');
  return {
    title: titleOf(object),
    tier: 'Namespace',
    priority: 0,
    subject: new PodSelector(namespaceOf(object), LabelSelector.read(spec.child('podSelector'))),
    isolates: ['egress'],
    rules: spec.items('egress').map(readRule),
  };
}

function readRule(reader: ManifestReader, index: number): PolicyRule {
  reader.only('matches', 'ports');
  const ports = reader.items('ports').map(readPort);
  return {
    direction: 'egress',
    action: 'allow',
    title: `egress rule ${index + 1}`,
    peers: [new HostPeer(reader.items('matches').map(readMatch), false)],
    ports: ports.length > 0 ? ports : undefined,
  };
}

function readMatch(reader: ManifestReader): HostPattern {
  reader.only('name', 'pattern');
  const name = reader.text('name');
  const text = name ?? reader.text('pattern') ?? '';
  if (reader.keys().length !== 1 || !isHostName(text)) throw reader.fault('', 'is neither a name nor a pattern');
  return name === undefined ? HostPattern.gke(text) : HostPattern.name(name);
}

function readPort(reader: ManifestReader): PortMatch {
  reader.only('port', 'protocol');
  const port = reader.integer('port');
  const protocol = readProtocol(reader);
  return port === undefined ? PortMatch.all(protocol) : PortMatch.range(port, port, protocol);
}

function readProtocol(reader: ManifestReader): Protocol | undefined {
  const protocol = reader.text('protocol') ?? 'ALL';
  if (protocol === 'ALL') return undefined;
  if (!isProtocol(protocol)) throw reader.fault('protocol', `is "${protocol}", which is not understood`);
  return protocol;
}
