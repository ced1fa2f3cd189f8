import { leastReplicas } from './autoscalers.js';
import type { Deployment, KubernetesObject } from './kubernetes-objects.js';
import type { Manifests } from './manifests.js';
import { RUNTIME_LABEL } from './runtimes.js';
import { RUNTIME_CONTAINER, runtimeKindOf } from './workload.js';

type Spec = Readonly<Record<string, unknown>>;

/** A rule over pod specs: what occurs in how many workloads. */
interface PodRule {
  readonly occurs: (pod: Spec, containers: readonly Spec[]) => boolean;
  readonly text: string;
}

const POD_RULES: readonly PodRule[] = [
  {
    text: 'container images (the runtimes of this checkout run instead)',
    occurs: (_, cs) => cs.some((c) => has(c, 'image')),
  },
  {
    text: 'pod and container security contexts',
    occurs: (pod, cs) => [pod, ...cs].some((x) => has(x, 'securityContext')),
  },
  { text: 'resource requests and limits', occurs: (_, cs) => cs.some((c) => has(c, 'resources')) },
  { text: 'volume size limits and read-only mounts', occurs: limitsVolumes },
  {
    text: 'rights of service accounts',
    occurs: (pod) => has(pod, 'serviceAccountName') && pod.serviceAccountName !== 'default',
  },
  {
    text: 'tokens for the Kubernetes API (there is none)',
    occurs: (pod) => pod.automountServiceAccountToken === true,
  },
  { text: 'runtime classes', occurs: (pod) => has(pod, 'runtimeClassName') },
  { text: 'DNS policies', occurs: (pod) => has(pod, 'dnsPolicy') || has(pod, 'dnsConfig') },
  { text: 'node selection and spreading', occurs: (pod) => NODE_SELECTION.some((key) => has(pod, key)) },
  { text: 'priority classes', occurs: (pod) => has(pod, 'priorityClassName') },
  {
    text: 'liveness and startup probes',
    occurs: (_, cs) => cs.some((c) => has(c, 'livenessProbe') || has(c, 'startupProbe')),
  },
  {
    text: 'TLS of their own ports (plain HTTP on loopback)',
    occurs: (_, cs) => JSON.stringify(cs.map((c) => c.readinessProbe ?? {})).includes('"scheme":"HTTPS"'),
  },
  { text: 'lifecycle hooks and termination grace periods (10 s here)', occurs: endsByRule },
  { text: 'init containers and further containers (not started)', occurs: hasOtherContainers },
];

const NODE_SELECTION = ['nodeSelector', 'affinity', 'tolerations', 'topologySpreadConstraints', 'nodeName'];

/** Kinds that take effect here, or are of no consequence. */
const EFFECTIVE = new Set(['Deployment', 'Service', 'ConfigMap', 'Secret', 'Namespace', 'ServiceAccount']);

/**
 * What the manifests ask for and no local process is held to; only what occurs in them.
 *
 * @param replicas processes of each Deployment, by `<namespace>/<name>`
 */
export function notEnforced(manifests: Manifests, replicas: ReadonlyMap<string, number>): string[] {
  const ours = manifests.deployments.filter((deployment) => runtimeKindOf(deployment) !== undefined);
  const { objects } = manifests;
  const lines = [...replicaLines(ours, replicas, objects), ...podLines(ours)];
  const foreign = manifests.deployments.filter((deployment) => runtimeKindOf(deployment) === undefined);
  if (foreign.length > 0)
    lines.push(`Deployments of no runtime (not started): ${foreign.map(({ metadata }) => metadata.name).join(', ')}`);
  const proxies = objects.filter(isEgressProxy);
  if (proxies.length > 0) {
    const names = proxies.map(({ metadata }) => metadata.name).join(', ');
    lines.push(`egress by host name (no egress proxy is started): ${names}`);
  }
  const rest = objects.filter((object) => !isEgressProxy(object) && !isOfTrust(object));
  return [...lines, ...namespaceLines(objects), ...kindLines(rest)];
}

/** Every host may be reached from this machine: a proxy that some programs heed would only seem to hold them back. */
function isEgressProxy({ kind, metadata }: KubernetesObject): boolean {
  return kind === 'StatefulSet' && metadata.labels[RUNTIME_LABEL] === 'egress-proxy';
}

/** The job that keeps the keys of services has nothing to do here: they are made for this run. */
function isOfTrust({ metadata: { labels } }: KubernetesObject): boolean {
  return labels[RUNTIME_LABEL] === 'identity' && labels['app.kubernetes.io/name']?.endsWith('-trust') === true;
}

function replicaLines(
  deployments: readonly Deployment[],
  replicas: ReadonlyMap<string, number>,
  objects: readonly KubernetesObject[],
): string[] {
  const differing = deployments.flatMap((deployment) => {
    const { name, namespace } = deployment.metadata;
    const local = replicas.get(`${namespace}/${name}`);
    const { count, scales } = leastReplicas(deployment, objects);
    if (local === undefined || (local === count && !scales)) return [];
    return [`${name} ${local} instead of ${count}${scales ? ' or more' : ''}`];
  });
  return differing.length === 0 ? [] : [`replicas: ${differing.join(', ')}`];
}

function podLines(deployments: readonly Deployment[]): string[] {
  return POD_RULES.flatMap(({ text, occurs }) => {
    const held = deployments.filter(({ spec: { template } }) => occurs(template.spec, template.spec.containers));
    return held.length === 0 ? [] : [`${text}: ${held.map(({ metadata }) => metadata.name).join(', ')}`];
  });
}

function namespaceLines(objects: readonly KubernetesObject[]): string[] {
  const labelled = objects.filter(
    ({ kind, metadata }) =>
      kind === 'Namespace' && Object.keys(metadata.labels).some((key) => key.startsWith('pod-security.kubernetes.io/')),
  );
  return labelled.length === 0
    ? []
    : [`Pod Security labels: ${labelled.map(({ metadata }) => metadata.name).join(', ')}`];
}

function kindLines(objects: readonly KubernetesObject[]): string[] {
  const counts = new Map<string, number>();
  for (const { kind } of objects) {
    if (!EFFECTIVE.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].sort().map(([kind, count]) => `${kind}: ${count} ${count === 1 ? 'object' : 'objects'}`);
}

function has(object: Spec, key: string): boolean {
  const value = object[key];
  return value !== undefined && value !== null;
}

function limitsVolumes(pod: Spec, containers: readonly Spec[]): boolean {
  return (
    /"sizeLimit"|"medium"/.test(JSON.stringify(pod.volumes ?? [])) ||
    /"readOnly":true/.test(JSON.stringify(containers.map((c) => c.volumeMounts ?? [])))
  );
}

function endsByRule(pod: Spec, containers: readonly Spec[]): boolean {
  return has(pod, 'terminationGracePeriodSeconds') || containers.some((container) => has(container, 'lifecycle'));
}

function hasOtherContainers(pod: Spec, containers: readonly Spec[]): boolean {
  return has(pod, 'initContainers') || containers.some(({ name }) => name !== RUNTIME_CONTAINER);
}
