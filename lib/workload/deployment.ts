import { containerSecurityContext, isolatedPod, noDns, podSecurityContext } from '../hardening/pod-security';
import { terminationGraceSeconds } from '../synth/deadline';
import { objectLabels, selectorLabels, type Runtime } from './labels';
import { RUNTIME_PORT } from './names';

/** A volume of a pod and where it is mounted. */
export interface MountedVolume {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
  /** The volume's source, as Kubernetes has it: `{ configMap: { name } }`. */
  readonly source: Readonly<Record<string, unknown>>;
}

/** What a Deployment of one of our runtimes follows from. */
export interface DeploymentSpec {
  readonly runtime: Runtime;
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  readonly graceMs: number;
  readonly resources: Readonly<Record<string, unknown>>;
  readonly env: readonly Readonly<Record<string, unknown>>[];
  readonly envFrom: readonly Readonly<Record<string, unknown>>[];
  readonly volumes: readonly MountedVolume[];
  /** Whether the pod may resolve names. */
  readonly dns: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Annotations of the pod template; a value may be a cdk8s Lazy. */
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly imagePullSecrets: readonly string[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly unknown[];
}

/** The spec of the Deployment. */
export function deploymentSpec(spec: DeploymentSpec) {
  const selector = selectorLabels(spec.runtime, spec.name);
  return {
    replicas: spec.replicas,
    selector: { matchLabels: selector },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: {
      metadata: {
        labels: { ...spec.labels, ...objectLabels(spec.runtime, spec.name) },
        annotations: spec.annotations,
      },
      spec: podSpec(spec),
    },
  };
}

function podSpec(spec: DeploymentSpec) {
  return {
    ...isolatedPod(),
    ...(spec.dns ? {} : noDns()),
    serviceAccountName: spec.name,
    securityContext: podSecurityContext(),
    terminationGracePeriodSeconds: terminationGraceSeconds(spec.graceMs),
    imagePullSecrets: spec.imagePullSecrets.length > 0 ? spec.imagePullSecrets.map((name) => ({ name })) : undefined,
    nodeSelector: spec.nodeSelector,
    tolerations: spec.tolerations,
    containers: [container(spec)],
    volumes: spec.volumes.map(({ name, source }) => ({ name, ...source })),
  };
}

function container(spec: DeploymentSpec) {
  return {
    name: 'runtime',
    image: spec.image,
    ports: [{ name: 'http', containerPort: RUNTIME_PORT, protocol: 'TCP' }],
    env: spec.env,
    envFrom: spec.envFrom.length > 0 ? spec.envFrom : undefined,
    resources: spec.resources,
    securityContext: containerSecurityContext(),
    livenessProbe: {
      httpGet: { path: '/healthz', port: 'http' },
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    readinessProbe: {
      httpGet: { path: '/readyz', port: 'http' },
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 2,
    },
    startupProbe: {
      httpGet: { path: '/healthz', port: 'http' },
      periodSeconds: 1,
      timeoutSeconds: 5,
      failureThreshold: 60,
    },
    volumeMounts: spec.volumes.map(({ name, mountPath, readOnly }) => ({ name, mountPath, readOnly })),
  };
}
