/** Kinds that have pods; they go first, and the policies of those pods after them. */
export const POD_KINDS: readonly string[] = ['apps/v1/Deployment', 'apps/v1/StatefulSet'];

/**
 * Further kinds of objects that the constructs make and every cluster has, as `--prune-allowlist` names them. Namespaces and
 * definitions of kinds are not among them: whoever removes one removes all that is in it, or of it.
 */
export const BUILT_IN_KINDS: readonly string[] = [
  'core/v1/ConfigMap',
  'core/v1/Service',
  'core/v1/ServiceAccount',
  'autoscaling/v2/HorizontalPodAutoscaler',
  'networking.k8s.io/v1/NetworkPolicy',
  'policy/v1/PodDisruptionBudget',
];

/** Kinds that a cluster has only of some version, or if somebody installed them. kubectl fails on one that it has not. */
export const INSTALLED_KINDS: readonly string[] = [
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding',
  'cilium.io/v2/CiliumNetworkPolicy',
  'keda.sh/v1alpha1/ScaledObject',
  'networking.gke.io/v1alpha1/FQDNNetworkPolicy',
  'networking.k8s.aws/v1alpha1/ApplicationNetworkPolicy',
  'policy.networking.k8s.io/v1alpha2/ClusterNetworkPolicy',
];

/** Kinds of these that are in no namespace. */
export const CLUSTER_SCOPED: readonly string[] = [
  'ClusterNetworkPolicy',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
];

/** How `--prune-allowlist` names the kind of an object. */
export function kindOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): string {
  return `${apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`}/${kind}`;
}
