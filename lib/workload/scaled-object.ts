import { CONTAINER } from './container';
import type { WorkloadName } from './names';
import { REQUESTS_METRIC, scaleTarget, scalingBehavior, type PrometheusSource, type Scaling } from './scaling';

/** Longest name whose pods carry it, the whole hash of their revision and a suffix; Kubernetes cuts longer ones. */
const LONGEST_UNCUT_NAME = 46;

/** The spec of KEDA's ScaledObject for a Deployment. */
export function scaledObjectSpec(workload: WorkloadName, scaling: Scaling) {
  return {
    scaleTargetRef: scaleTarget(workload.name),
    minReplicaCount: scaling.minReplicas,
    maxReplicaCount: scaling.maxReplicas,
    advanced: { horizontalPodAutoscalerConfig: { behavior: scalingBehavior(scaling) } },
    triggers: [...requests(workload, scaling), ...cpu(scaling)],
  };
}

/** Without `ignoreNullValues: false`, a Prometheus that lost its targets would look like no load at all. */
function requests(workload: WorkloadName, { targetRequests, prometheus }: Scaling) {
  if (targetRequests === undefined || prometheus === undefined) return [];
  const metadata = {
    serverAddress: prometheus.url,
    query: requestsQuery(workload),
    threshold: String(targetRequests),
    ignoreNullValues: 'false',
    authModes: prometheus.authModes,
  };
  return [{ type: 'prometheus', metricType: 'AverageValue', metadata, ...authentication(prometheus) }];
}

function cpu({ targetCpu }: Scaling) {
  if (targetCpu === undefined) return [];
  return [{ type: 'cpu', metricType: 'Utilization', metadata: { value: String(targetCpu), containerName: CONTAINER } }];
}

function authentication({ authenticationName }: PrometheusSource) {
  return authenticationName === undefined ? {} : { authenticationRef: { name: authenticationName } };
}

/** All requests of a Deployment's pods. Relies on the labels `namespace` and `pod` of what was scraped. */
export function requestsQuery({ name, namespace }: WorkloadName): string {
  const suffix = name.length > LONGEST_UNCUT_NAME ? '-?[a-z0-9]*-?[a-z0-9]{5}' : '-[a-z0-9]+-[a-z0-9]{5}';
  return `sum(${REQUESTS_METRIC}{namespace="${namespace}",pod=~"${name}${suffix}"})`;
}
