import type { SynthFault } from '../errors/synth-error';

/** Gauge of a runtime that autoscaling follows: its requests in flight, and those that wait. */
export const REQUESTS_METRIC = 'agentyard_requests';

/** Where KEDA asks for the metric. */
export interface PrometheusSource {
  readonly url: string;
  /** TriggerAuthentication in the workload's namespace. */
  readonly authenticationName?: string;
  /** What it holds: `bearer`, `basic`, `tls`. */
  readonly authModes?: string;
}

/** How the number of pods follows the load. */
export interface Scaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Requests of a pod, in flight and queued, on average. */
  readonly targetRequests?: number;
  /** Percentage of the requested CPU. */
  readonly targetCpu?: number;
  /** How long the load must be lower before pods are taken away. */
  readonly scaleDownSeconds: number;
  /** Given: KEDA scales; else a HorizontalPodAutoscaler. */
  readonly prometheus?: PrometheusSource;
}

/** What stands in an autoscaler for its Deployment. */
export function scaleTarget(name: string) {
  return { apiVersion: 'apps/v1', kind: 'Deployment', name };
}

/** When pods are taken away; they are added as Kubernetes does by default, at once. */
export function scalingBehavior({ scaleDownSeconds }: Scaling) {
  return { scaleDown: { stabilizationWindowSeconds: scaleDownSeconds } };
}

/** What is wrong with an autoscaler, one fault each. */
export function scalingFaults(scaling: Scaling): SynthFault[] {
  const { minReplicas, maxReplicas, targetRequests, targetCpu, scaleDownSeconds, prometheus } = scaling;
  return [
    ...numberFault('minReplicas', minReplicas, 1, undefined, 'Pods serve the metric, so there is always one'),
    ...numberFault('maxReplicas', maxReplicas, 1),
    ...(minReplicas > maxReplicas ? [upsideDown(minReplicas, maxReplicas)] : []),
    ...numberFault('targetRequestsPerPod', targetRequests, 1),
    ...numberFault('targetCpuUtilization', targetCpu, 1),
    ...numberFault('scaleDownStabilization', scaleDownSeconds, 0, 3600),
    ...(prometheus === undefined ? [] : urlFaults(prometheus.url)),
  ];
}

function numberFault(prop: string, value: number | undefined, least: number, most = Infinity, why?: string) {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return [];
  const range = most === Infinity ? `of ${least} or more` : `from ${least} to ${most} (seconds)`;
  return [{ message: `${prop} is ${value}`, remedy: `Give a whole number ${range}${why ? `. ${why}` : ''}` }];
}

function upsideDown(minReplicas: number, maxReplicas: number): SynthFault {
  return {
    message: `minReplicas is ${minReplicas}, above maxReplicas, which is ${maxReplicas}`,
    remedy: 'Lower minReplicas, or raise maxReplicas',
  };
}

function urlFaults(text: string): SynthFault[] {
  if (!/^https?:/.test(text) || !URL.canParse(text)) {
    const remedy = "Give its URL, for example 'http://prometheus-operated.monitoring.svc:9090'";
    return [{ message: `prometheusUrl "${text}" is no URL with http or https`, remedy }];
  }
  const { username, password } = new URL(text);
  if (username === '' && password === '') return [];
  // The value is not repeated: it holds a secret.
  return [{ message: 'prometheusUrl holds credentials', remedy: 'Name a TriggerAuthentication that has them' }];
}
