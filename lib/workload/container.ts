import { containerSecurityContext, type SecuritySettings } from '../hardening/pod-security';
import { PEER_PORT } from './names';
import { lifecycle, type PreStop } from './pre-stop';
import { probes, type HealthPaths, type ProbeTimings } from './probes';
import type { MountedVolume } from './volumes';

/** Name of the container that serves. */
export const CONTAINER = 'runtime';

/** What the container of a workload follows from. */
export interface RuntimeContainer {
  readonly image: string;
  /** `Always`, `IfNotPresent` or `Never`; absent: as Kubernetes decides by the image's tag. */
  readonly imagePullPolicy?: string;
  /** In place of the image's entry point. */
  readonly command?: readonly string[];
  /** Arguments of the entry point. */
  readonly args?: readonly string[];
  readonly resources: Readonly<Record<string, unknown>>;
  readonly env: readonly Readonly<Record<string, unknown>>[];
  readonly envFrom: readonly Readonly<Record<string, unknown>>[];
  readonly volumes: readonly MountedVolume[];
  /** Port that is served. */
  readonly port: number;
  /** Whether pods call each other. */
  readonly hasPeers: boolean;
  /** Port of the metrics; absent if none are served. */
  readonly metricsPort?: number;
  readonly probes: ProbeTimings;
  readonly health: HealthPaths;
  /** Whether its port speaks TLS. */
  readonly servesTls: boolean;
  readonly preStop: PreStop;
  readonly security: SecuritySettings;
}

/** The container that serves. */
export function runtimeContainer(container: RuntimeContainer) {
  return {
    name: CONTAINER,
    image: container.image,
    imagePullPolicy: container.imagePullPolicy,
    command: container.command,
    args: container.args,
    ports: containerPorts(container),
    env: container.env,
    envFrom: container.envFrom.length > 0 ? container.envFrom : undefined,
    resources: container.resources,
    securityContext: containerSecurityContext(container.security),
    ...probes(container.probes, container.health, container.servesTls),
    lifecycle: lifecycle(container.preStop),
    volumeMounts: container.volumes.map(({ name, mountPath, readOnly, subPath }) => ({
      name,
      mountPath,
      readOnly,
      subPath,
    })),
  };
}

function containerPorts({ port, hasPeers, metricsPort }: RuntimeContainer) {
  return [
    { name: 'http', containerPort: port, protocol: 'TCP' },
    ...(hasPeers ? [{ name: 'peers', containerPort: PEER_PORT, protocol: 'TCP' }] : []),
    ...(metricsPort === undefined ? [] : [{ name: 'metrics', containerPort: metricsPort, protocol: 'TCP' }]),
  ];
}
