import { containerSecurityContext, type SecuritySettings } from '../hardening/pod-security';
import { RUNTIME_PORT } from './names';
import { lifecycle, type PreStop } from './pre-stop';
import { probes, type ProbeTimings } from './probes';
import type { MountedVolume } from './volumes';

/** Name of the container that runs the runtime. */
export const CONTAINER = 'runtime';

/** What the container of a runtime follows from. */
export interface RuntimeContainer {
  readonly image: string;
  /** `Always`, `IfNotPresent` or `Never`; absent: as Kubernetes decides by the image's tag. */
  readonly imagePullPolicy?: string;
  readonly resources: Readonly<Record<string, unknown>>;
  readonly env: readonly Readonly<Record<string, unknown>>[];
  readonly envFrom: readonly Readonly<Record<string, unknown>>[];
  readonly volumes: readonly MountedVolume[];
  /** Port of the metrics; absent if none are served. */
  readonly metricsPort?: number;
  readonly probes: ProbeTimings;
  readonly preStop: PreStop;
  readonly security: SecuritySettings;
}

/** The container that runs the runtime. */
export function runtimeContainer(container: RuntimeContainer) {
  return {
    name: CONTAINER,
    image: container.image,
    imagePullPolicy: container.imagePullPolicy,
    ports: containerPorts(container),
    env: container.env,
    envFrom: container.envFrom.length > 0 ? container.envFrom : undefined,
    resources: container.resources,
    securityContext: containerSecurityContext(container.security),
    ...probes(container.probes),
    lifecycle: lifecycle(container.preStop),
    volumeMounts: container.volumes.map(({ name, mountPath, readOnly }) => ({ name, mountPath, readOnly })),
  };
}

function containerPorts({ metricsPort }: RuntimeContainer) {
  const http = { name: 'http', containerPort: RUNTIME_PORT, protocol: 'TCP' };
  return metricsPort === undefined ? [http] : [http, { name: 'metrics', containerPort: metricsPort, protocol: 'TCP' }];
}
