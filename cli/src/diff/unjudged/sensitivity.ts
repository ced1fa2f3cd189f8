import type { KubernetesObject } from 'agentyard/reachability';
import { fieldsOf, templatePath } from '../facts/pod-spec.js';
import { groupKindOf } from '../group-kind.js';
import { leavesOf } from '../leaves.js';
import { WITHIN_CONNECTIONS } from './judged-paths.js';

/** Kinds that let somebody in, or bring something along, by being there. */
const OPENING = [
  /^Ingress\.(networking\.k8s\.io|extensions)$/,
  /^Route\.route\.openshift\.io$/,
  /^\w+\.gateway\.networking\.k8s\.io$/,
  /^(Gateway|VirtualService|ServiceEntry|Sidecar|EnvoyFilter)\.networking\.istio\.io$/,
  /^(IngressRoute\w*\.traefik\.|HTTPProxy\.projectcontour\.io$|(Mapping|Host)\.getambassador\.io$|\w+\.k8s\.nginx\.org$)/,
  /^(Endpoints|EndpointSlice\.discovery\.k8s\.io|Service(Ex|Im)port\.multicluster\.x-k8s\.io)$/,
  /^(PersistentVolume|NetworkAttachmentDefinition\.k8s\.cni\.cncf\.io|APIService\.apiregistration\.k8s\.io)$/,
  /^(\w+\.external-secrets\.io|SecretProviderClass\.secrets-store\.csi\.x-k8s\.io|PolicyException\.kyverno\.io)$/,
  /^(Application(Set)?\.argoproj\.io|(HelmRelease|Kustomization)\.\w+\.toolkit\.fluxcd\.io|HelmChart\.helm\.cattle\.io)$/,
  /^(Mutating\w+\.admissionregistration\.k8s\.io|SecurityContextConstraints\.security\.openshift\.io|RuntimeClass\.node\.k8s\.io)$/,
];

/** Kinds that hold something back by being there. */
const GUARDING = [
  /^(Validating|Mutating)\w+\.admissionregistration\.k8s\.io$/,
  /^(LimitRange|ResourceQuota|RuntimeClass\.node\.k8s\.io|SecurityContextConstraints\.security\.openshift\.io)$/,
  /^(PeerAuthentication|RequestAuthentication)\.security\.istio\.io$/,
  /^(DestinationRule|Sidecar)\.networking\.istio\.io$/,
  /^((Cluster)?(Validating)?Policy\.(kyverno|policies\.kyverno)\.io|\w+\.(constraints|templates)\.gatekeeper\.sh)$/,
  /^SecurityPolicy\.gateway\.envoyproxy\.io$/,
];

/** Paths of a pod template that may take a pod past what holds it back. */
const OF_PODS = [
  /\.securityContext\b/,
  /^\.spec\.resourceClaims\b/,
  /\.(volumeDevices|resources\.claims)\b/,
  // Profiles, other networks, and traffic that a mesh or an engine lets by.
  /^\.metadata\.annotations\.(container\.|seccomp\.security\.|k8s\.v1\.cni\.|v1\.multus-cni\.|openshift\.io\/|io\.kubernetes\.)/,
  /^\.metadata\.(labels|annotations)\.((traffic\.)?sidecar|proxy|networking|ambient)\.istio\.io\//,
  /^\.metadata\.annotations\.config(\.\w+)?\.linkerd\.io\/(skip-|default-inbound-policy|opaque-ports|proxy-disable)/,
  /^\.metadata\.(labels|annotations)\.([-\w]+\.)*(cilium\.io|projectcalico\.org|azure\.workload\.identity)\//,
];

/** Paths of other objects that may permit more. */
const OF_OBJECTS: Readonly<Record<string, RegExp>> = {
  Namespace: /^\$\.metadata\.(labels|annotations)\.(?!pod-security\.kubernetes\.io\/(warn|audit))/,
  Service: /^\$\.spec\.loadBalancerClass$/,
  'CiliumNetworkPolicy.cilium.io': WITHIN_CONNECTIONS,
  ServiceAccount:
    /^\$\.(secrets\b|metadata\.annotations\.(eks\.amazonaws\.com|iam\.gke\.io|azure\.workload\.identity)\/)/,
  PersistentVolumeClaim: /^\$\.spec\.(dataSource|dataSourceRef|volumeName)\b/,
};

/** Paths that are for people and tools of deployment. */
const DESCRIPTIVE =
  /^\$\.metadata\.(labels|annotations)\.(app\.kubernetes\.io|helm\.sh|kubectl\.kubernetes\.io|agentyard\.dev)\//;

/** Whether an object that came or went may permit more, though nothing judges how. */
export function mayPermitByPresence(object: KubernetesObject, isThere: boolean): boolean {
  if (isThere && makesUnknownPods(object)) return true;
  return (isThere ? OPENING : GUARDING).some((kind) => kind.test(groupKindOf(object)));
}

/** Whether a change of a field may permit more, though nothing judges how. */
export function mayPermit(object: KubernetesObject, path: string): boolean {
  if (DESCRIPTIVE.test(path)) return false;
  const title = groupKindOf(object);
  if ([...OPENING, ...GUARDING].some((kind) => kind.test(title))) return true;
  const template = templatePath(object);
  if (template !== undefined) return path.startsWith(template) && isSensitiveInPods(path.slice(template.length));
  if (makesUnknownPods(object)) return path.startsWith('$.spec');
  const isBalanced = title === 'Service' && fieldsOf(object.spec).type === 'LoadBalancer';
  if (isBalanced && path.startsWith('$.metadata.annotations')) return true;
  return Object.hasOwn(OF_OBJECTS, title) && OF_OBJECTS[title]?.test(path) === true;
}

function isSensitiveInPods(path: string): boolean {
  return OF_PODS.some((sensitive) => sensitive.test(path));
}

/** Whether something holds containers and is of no kind whose pods are judged. */
function makesUnknownPods(object: KubernetesObject): boolean {
  return templatePath(object) === undefined && [...leavesOf(object).keys()].some((path) => CONTAINER.test(path));
}

const CONTAINER = /\.(initC|c)ontainers\[/;
