const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
/** What Pod Security admits there; `localhost/` names a profile of the node. */
const APP_ARMOR_PROFILE = /^(runtime\/default|localhost\/.+)?$/;

/** Annotations by which pods get further networks, which NetworkPolicies know nothing of. */
const FURTHER_NETWORKS = [
  'k8s.v1.cni.cncf.io/networks',
  'v1.multus-cni.io/default-network',
  'networking.gke.io/interfaces',
];

type Annotations = Readonly<Record<string, string>>;

/** Annotations that Pod Security refuses when the pod is made, as `key: value`. */
export function forbiddenAnnotations(annotations: Annotations): string[] {
  return Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APP_ARMOR) && !APP_ARMOR_PROFILE.test(value))
    .map(([key, value]) => `${key}: ${value}`);
}

/** Keys of annotations that give pods a way past the policies. */
export function bypassingAnnotations(annotations: Annotations): string[] {
  return Object.keys(annotations).filter((key) => FURTHER_NETWORKS.includes(key));
}
