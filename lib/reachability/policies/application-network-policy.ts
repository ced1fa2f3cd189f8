import { HostPattern } from '../host-pattern';
import type { KubernetesObject } from '../kubernetes-object';
import type { ManifestReader } from '../manifest-reader';
import { HostPeer } from '../peers/host-peer';
import type { Peer } from '../peer';
import type { Policy } from '../policy';
import { readNamespacedPolicy, readPeer } from './network-policy';

/** ApplicationNetworkPolicy of EKS Auto Mode: a NetworkPolicy that may name hosts in egress rules. */
export function readApplicationNetworkPolicy(object: KubernetesObject): Policy {
  return readNamespacedPolicy(object, readPeer, readEgressPeer);
}

function readEgressPeer(reader: ManifestReader, namespace: string): Peer {
  if (!reader.has('domainNames')) return readPeer(reader, namespace);
  return readDomainNames(reader.only('domainNames'));
}

/** Domain names, with a wildcard for one or more labels at the beginning. */
export function readDomainNames(reader: ManifestReader): Peer {
  const names = reader.strings('domainNames');
  const wrong = names.find((name) => !/^(\*\.)?[-\w]+(\.[-\w]+)+\.?$/.test(name));
  if (wrong !== undefined) throw reader.fault('domainNames', `has "${wrong}", which is no domain name`);
  return new HostPeer(
    names.map((name) => HostPattern.subdomains(name)),
    true,
  );
}
