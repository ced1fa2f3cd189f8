import type { WorkloadDocument } from 'agentyard/authorization';
import type { KubernetesObject } from 'agentyard/reachability';
import { IDENTITIES } from '../facts/account-facts.js';
import { INJECTION } from '../facts/mesh-facts.js';
import { templatePath } from '../facts/pod-spec.js';
import { AGGREGATE } from '../facts/role-facts.js';
import { BALANCER_ANNOTATIONS } from '../facts/service-facts.js';
import { groupKindOf } from '../group-kind.js';

const CONTAINERS = '^\\.spec\\.(initC|ephemeralC|c)ontainers\\[[^\\]]*\\]';

/** Members of a container's security context that facts are about. */
const SECURITY = [
  ...['privileged', 'allowPrivilegeEscalation', 'readOnlyRootFilesystem', 'runAsNonRoot', 'runAsUser', 'runAsGroup'],
  ...['procMount', 'seccompProfile', 'appArmorProfile', 'capabilities', 'windowsOptions\\.hostProcess'],
].join('|');

/** Paths of a pod template that facts are about, and one that follows from others. */
const OF_PODS = [
  /^\.metadata\.annotations\.agentyard\.dev\/config-hash$/,
  /^\.spec\.(hostNetwork|hostPID|hostIPC|shareProcessNamespace|hostUsers|enableServiceLinks|automountServiceAccountToken)$/,
  /^\.spec\.(serviceAccountName|serviceAccount|activeDeadlineSeconds|runtimeClassName)$/,
  /^\.spec\.(volumes|imagePullSecrets)\b/,
  /^\.spec\.securityContext\.(runAsNonRoot|runAsUser|runAsGroup|fsGroup|supplementalGroups|sysctls|seccompProfile|appArmorProfile)\b/,
  new RegExp(
    `${CONTAINERS}\\.(name|image|command|args|workingDir|env|envFrom|volumeMounts|restartPolicy|resources\\.limits)\\b`,
  ),
  new RegExp(`${CONTAINERS}\\.ports\\[[^\\]]*\\]\\.hostPort$`),
  new RegExp(`${CONTAINERS}\\.securityContext\\.(${SECURITY})\\b`),
];

const LABELS = '$.metadata.labels.';
const ANNOTATIONS = '$.metadata.annotations.';

/** Paths of other objects that facts are about. */
const OF_OBJECTS: Readonly<Record<string, (path: string) => boolean>> = {
  Namespace: (path) => path === `${LABELS}pod-security.kubernetes.io/enforce` || isInjection(path.slice(1)),
  Service: (path) =>
    /^\$\.spec\.(type|externalIPs|externalName|selector|ports|loadBalancerSourceRanges|allocateLoadBalancerNodePorts)\b/.test(
      path,
    ) || BALANCER_ANNOTATIONS.some((key) => path === ANNOTATIONS + key),
  ServiceAccount: (path) =>
    path === '$.automountServiceAccountToken' || IDENTITIES.some((key) => path === ANNOTATIONS + key),
  'HorizontalPodAutoscaler.autoscaling': (path) => path === '$.spec.maxReplicas',
  'ScaledObject.keda.sh': (path) => path === '$.spec.maxReplicaCount',
};

/** Fields of documents that facts are about. */
const OF_DOCUMENTS: Readonly<Record<WorkloadDocument['runtime'], RegExp>> = {
  agent: /^\$\.(maxBodyBytes|identity|allowedRoles|argumentRules|prompt|model|price|toolsets|limits)\b/,
  gateway: /^\$\.(maxBodyBytes|auth|identity|agents|routes|toolsets|mcpServers|agentTools|foreignNames|peers)\b/,
  sandbox: /^\$\.(maxBodyBytes|identity|tools|environment|subprocesses|data\[[^\]]*\]\.name|limits)\b/,
  // The port of a list follows from the list.
  'egress-proxy': /^\$\.(allowLists|parent)\b/,
};

/** What policies of Cilium ask for within connections that they allow. */
export const WITHIN_CONNECTIONS =
  /^\$\.specs?\b.*\.(rules\.http|serverNames|terminatingTLS|originatingTLS|listener|authentication)\b/;

/** Whether an object is evaluated as a whole. Policies that are not understood have been refused. */
export function isEvaluated(object: KubernetesObject): boolean {
  return /NetworkPolicy(\.|$)|^(Cluster)?Role(Binding)?\.rbac\.authorization\.k8s\.io$/.test(groupKindOf(object));
}

/** Whether facts or reachability tell of a change of a field. */
export function isJudged(object: KubernetesObject, path: string): boolean {
  if (isEvaluated(object)) return isEvaluatedPath(path);
  const template = templatePath(object);
  if (template === undefined) {
    const title = groupKindOf(object);
    return Object.hasOwn(OF_OBJECTS, title) && OF_OBJECTS[title]?.(path) === true;
  }
  if (!path.startsWith(`${template}.`)) {
    return /^\$\.spec\.(replicas|completions|parallelism|activeDeadlineSeconds)$/.test(path);
  }
  const inTemplate = path.slice(template.length);
  return isInjection(inTemplate) || OF_PODS.some((judged) => judged.test(inTemplate));
}

export function isJudgedInDocument(runtime: WorkloadDocument['runtime'], path: string): boolean {
  return OF_DOCUMENTS[runtime].test(path);
}

function isEvaluatedPath(path: string): boolean {
  if (path.startsWith(LABELS)) return AGGREGATE.test(path.slice(LABELS.length));
  return !path.startsWith('$.metadata') && !WITHIN_CONNECTIONS.test(path);
}

function isInjection(path: string): boolean {
  return INJECTION.some((key) => path === `.metadata.labels.${key}` || path === `.metadata.annotations.${key}`);
}
