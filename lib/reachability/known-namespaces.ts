import { DEFAULT_NAMESPACE } from './kubernetes-object';
import type { NetworkParts } from './network';
import { namespacesNamedBy } from './policy';

/** Namespaces with Services that every cluster has. */
const EVERYWHERE = [DEFAULT_NAMESPACE, 'kube-system'];

/** Names of namespaces that are known to be there: something of theirs is among the manifests, or a policy names them. */
export function knownNamespaces({ workloads, services, policies, namespaces }: NetworkParts): ReadonlySet<string> {
  return new Set([
    ...EVERYWHERE,
    ...namespaces.names,
    ...[...workloads, ...services].map(({ namespace }) => namespace),
    ...policies.flatMap(namespacesNamedBy),
  ]);
}
