import type { Runtime } from './labels';

/** How often a probe asks, and what it forgives. */
export interface ProbeTiming {
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
  readonly initialDelaySeconds?: number;
}

/** The probes of a runtime, by name. */
export interface ProbeTimings {
  readonly liveness: ProbeTiming;
  readonly readiness: ProbeTiming;
  readonly startup: ProbeTiming;
}

/** Defaults: a runtime has a minute to start, and half a minute to answer before it is restarted. */
const USUAL_PROBES: ProbeTimings = {
  liveness: { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
  readiness: { periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 },
  startup: { periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 60 },
};

/** The default probes of a runtime. The egress proxy is asked often, since it says not ready before it reloads. */
export function defaultProbes(runtime: Runtime): ProbeTimings {
  if (runtime !== 'egress-proxy') return USUAL_PROBES;
  return { ...USUAL_PROBES, readiness: { periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 1 } };
}

/** How long it takes at most until Kubernetes sees that a pod is not ready. */
export function unreadyAfterMs({ readiness }: ProbeTimings): number {
  return (readiness.periodSeconds * readiness.failureThreshold + readiness.timeoutSeconds) * 1000;
}

/** Paths at which a container says how it is; without one it is well while it takes connections. */
export interface HealthPaths {
  /** Whether it should go on running. */
  readonly live?: string;
  /** Whether it may get requests. */
  readonly ready?: string;
}

/** The paths that every runtime of ours serves. */
export const RUNTIME_HEALTH: HealthPaths = { live: '/healthz', ready: '/readyz' };

/** The probes of a container. By TLS the kubelet checks no certificate. */
export function probes({ liveness, readiness, startup }: ProbeTimings, { live, ready }: HealthPaths, tls: boolean) {
  return {
    livenessProbe: { ...question(live, tls), ...liveness },
    readinessProbe: { ...question(ready, tls), ...readiness },
    startupProbe: { ...question(live, tls), ...startup },
  };
}

function question(path: string | undefined, tls: boolean) {
  if (path === undefined) return { tcpSocket: { port: 'http' } };
  return { httpGet: { path, port: 'http', ...(tls && { scheme: 'HTTPS' }) } };
}
