import { groupOf, titleOf, type KubernetesObject } from '../kubernetes-object';
import { NotUnderstoodError } from '../not-understood';
import type { Policy } from '../policy';
import { readApplicationNetworkPolicy } from './application-network-policy';
import { readCiliumNetworkPolicy } from './cilium-network-policy';
import { readClusterNetworkPolicy } from './cluster-network-policy';
import { readFqdnNetworkPolicy } from './fqdn-network-policy';
import { readNetworkPolicy } from './network-policy';

/** What is understood. */
const READERS: Readonly<Record<string, (object: KubernetesObject) => Policy | Policy[]>> = {
  'networking.k8s.io/v1/NetworkPolicy': readNetworkPolicy,
  'cilium.io/v2/CiliumNetworkPolicy': readCiliumNetworkPolicy,
  'networking.gke.io/v1alpha1/FQDNNetworkPolicy': readFqdnNetworkPolicy,
  'networking.k8s.aws/v1alpha1/ApplicationNetworkPolicy': readApplicationNetworkPolicy,
  'policy.networking.k8s.io/v1alpha2/ClusterNetworkPolicy': readClusterNetworkPolicy,
};

/** Kinds that decide over traffic, by their groups. Of other groups, it is what calls itself a network policy. */
const DECIDING: Readonly<Record<string, RegExp>> = {
  'cilium.io': /^Cilium(.*NetworkPolicy|EgressGatewayPolicy|LocalRedirectPolicy|(Clusterwide)?EnvoyConfig)$/,
  'crd.antrea.io': /Policy$/,
  'crd.projectcalico.org': /Polic(y|ies)$/,
  'k8s.ovn.org': /^(EgressFirewall|EgressService|AdminPolicyBasedExternalRoute)$/,
  'kuma.io': /^(MeshTrafficPermission|TrafficPermission|MeshPassthrough)$/,
  'network.openshift.io': /^(EgressNetworkPolicy|NetNamespace)$/,
  'networking.k8s.aws': /NetworkPolicy$/,
  'policy.linkerd.io': /./,
  'policy.networking.k8s.io': /./,
  'projectcalico.org': /Polic(y|ies)$/,
  'security.istio.io': /^AuthorizationPolicy$/,
};

/** Whether an object is a policy of a kind that is understood. */
export function isPolicy({ apiVersion, kind }: KubernetesObject): boolean {
  return `${apiVersion}/${kind}` in READERS;
}

/**
 * The policies of an object; none if it decides over nothing.
 *
 * @throws NotUnderstoodError if it decides over traffic in a way that is not understood
 */
export function readPolicies(object: KubernetesObject): Policy[] {
  const read = READERS[`${object.apiVersion}/${object.kind}`];
  if (read !== undefined) return [read(object)].flat();
  const deciding = DECIDING[groupOf(object)] ?? /NetworkPolicy$/;
  if (!deciding.test(object.kind ?? '')) return [];
  throw new NotUnderstoodError([`${titleOf(object)}: ${object.apiVersion} ${object.kind} is not understood`]);
}
