import { isolatedPod, noDns, podSecurityContext } from '../hardening/pod-security';
import { runtimeContainer, type RuntimeContainer } from './container';
import { initVolumes, renderInitContainers, type InitContainer } from './init-container';
import { objectLabels, type Runtime } from './labels';
import { scrapeAnnotations } from './scrape-annotations';

/** What the pods of one of our runtimes follow from. */
export interface PodTemplate extends RuntimeContainer {
  readonly runtime: Runtime;
  readonly name: string;
  readonly serviceAccountName: string;
  readonly terminationGracePeriodSeconds: number;
  /** Whether the pod may resolve names. */
  readonly dns: boolean;
  /** Whether the pod gets its ServiceAccount's token. */
  readonly token: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** What runs first, in this order. */
  readonly initContainers: readonly InitContainer[];
  readonly imagePullSecrets: readonly string[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly unknown[];
  readonly topologySpreadConstraints?: readonly unknown[];
  readonly priorityClassName?: string;
  readonly runtimeClassName?: string;
}

/** The pod template. */
export function podTemplate(pod: PodTemplate) {
  return {
    metadata: {
      labels: { ...pod.labels, ...objectLabels(pod.runtime, pod.name) },
      annotations: { ...scrapeAnnotations(pod.metricsPort), ...pod.annotations },
    },
    spec: podSpec(pod),
  };
}

function podSpec(pod: PodTemplate) {
  return {
    ...isolatedPod(pod.token, pod.security),
    ...(pod.dns ? {} : noDns()),
    serviceAccountName: pod.serviceAccountName,
    securityContext: podSecurityContext(pod.security),
    terminationGracePeriodSeconds: pod.terminationGracePeriodSeconds,
    imagePullSecrets: pod.imagePullSecrets.length > 0 ? pod.imagePullSecrets.map((name) => ({ name })) : undefined,
    nodeSelector: pod.nodeSelector,
    tolerations: pod.tolerations,
    topologySpreadConstraints: pod.topologySpreadConstraints,
    priorityClassName: pod.priorityClassName,
    runtimeClassName: pod.runtimeClassName,
    initContainers: pod.initContainers.length > 0 ? renderInitContainers(pod) : undefined,
    containers: [runtimeContainer(pod)],
    volumes: [...pod.volumes.map(({ name, source }) => ({ name, ...source })), ...initVolumes(pod)],
  };
}
