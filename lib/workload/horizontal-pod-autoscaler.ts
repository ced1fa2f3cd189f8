import { CONTAINER } from './container';
import { REQUESTS_METRIC, scaleTarget, scalingBehavior, type Scaling } from './scaling';

/**
 * The spec of the HorizontalPodAutoscaler of a Deployment. The metric of its pods comes from an adapter for
 * `custom.metrics.k8s.io`; CPU is that of the runtime alone, whatever sidecars do.
 */
export function horizontalPodAutoscalerSpec(name: string, scaling: Scaling) {
  return {
    scaleTargetRef: scaleTarget(name),
    minReplicas: scaling.minReplicas,
    maxReplicas: scaling.maxReplicas,
    metrics: [...requests(scaling), ...cpu(scaling)],
    behavior: scalingBehavior(scaling),
  };
}

function requests({ targetRequests }: Scaling) {
  if (targetRequests === undefined) return [];
  const target = { type: 'AverageValue', averageValue: String(targetRequests) };
  return [{ type: 'Pods', pods: { metric: { name: REQUESTS_METRIC }, target } }];
}

function cpu({ targetCpu }: Scaling) {
  if (targetCpu === undefined) return [];
  const target = { type: 'Utilization', averageUtilization: targetCpu };
  return [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: CONTAINER, target } }];
}
