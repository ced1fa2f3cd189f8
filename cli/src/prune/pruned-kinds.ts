/** Kinds that have pods; they go first, and the policies of those pods after them. */
export const POD_KINDS: readonly string[] = [
  'apps/v1/Deployment',
  'apps/v1/StatefulSet',
  'batch/v1/CronJob',
  'batch/v1/Job',
];

/**
 * Further kinds of objects that the constructs make and every cluster has, as `--prune-allowlist` names them. Namespaces and
 * definitions of kinds are not among them: whoever removes one removes all that is in it, or of it.
 */
export const BUILT_IN_KINDS: readonly string[] = [
  'core/v1/ConfigMap',
  'core/v1/Secret',
  'core/v1/Service',
  'core/v1/ServiceAccount',
  'autoscaling/v2/HorizontalPodAutoscaler',
  'networking.k8s.io/v1/Ingress',
  'networking.k8s.io/v1/NetworkPolicy',
  'policy/v1/PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding',
  'rbac.authorization.k8s.io/v1/Role',
  'rbac.authorization.k8s.io/v1/RoleBinding',
];

/** Kinds that a cluster has only of some version, or if somebody installed them. kubectl fails on one that it has not. */
export const INSTALLED_KINDS: readonly string[] = [
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding',
  'cert-manager.io/v1/Certificate',
  'cilium.io/v2/CiliumNetworkPolicy',
  'k8s.keycloak.org/v2beta1/Keycloak',
  'k8s.keycloak.org/v2beta1/KeycloakRealmImport',
  'keda.sh/v1alpha1/ScaledObject',
  'monitoring.coreos.com/v1/PodMonitor',
  'monitoring.coreos.com/v1/PrometheusRule',
  'networking.gke.io/v1alpha1/FQDNNetworkPolicy',
  'networking.k8s.aws/v1alpha1/ApplicationNetworkPolicy',
  'observability.openshift.io/v1/ClusterLogForwarder',
  'policy.networking.k8s.io/v1alpha2/ClusterNetworkPolicy',
  'route.openshift.io/v1/Route',
  'traefik.io/v1alpha1/Middleware',
];

/** Kinds that are in no namespace. */
export const CLUSTER_SCOPED: readonly string[] = [
  'ClusterNetworkPolicy',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'Namespace',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
];

/** How `--prune-allowlist` names the kind of an object. */
export function kindOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): string {
  return `${apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`}/${kind}`;
}
