import { z } from 'zod';
import type { Deployment, KubernetesObject } from './kubernetes-objects.js';

const target = z.looseObject({ kind: z.string().default('Deployment'), name: z.string() });

/** `autoscaling/v2` HorizontalPodAutoscaler, and KEDA's ScaledObject, as far as the least number of pods goes. */
const autoscaler = z.union([
  z.looseObject({
    kind: z.literal('HorizontalPodAutoscaler'),
    spec: z.looseObject({ scaleTargetRef: target, minReplicas: z.int().min(0).default(1) }),
  }),
  z.looseObject({
    kind: z.literal('ScaledObject'),
    spec: z.looseObject({ scaleTargetRef: target, minReplicaCount: z.int().min(0).default(0) }),
  }),
]);

/** Pods that a Deployment has at least. */
export interface LeastReplicas {
  readonly count: number;
  /** Whether there may be more. */
  readonly scales: boolean;
}

/** The pods of a Deployment: its own `replicas`, else the least that its autoscaler keeps, else 1. */
export function leastReplicas(deployment: Deployment, objects: readonly KubernetesObject[]): LeastReplicas {
  const { name, namespace } = deployment.metadata;
  for (const object of objects) {
    const parsed = autoscaler.safeParse(object);
    if (!parsed.success || object.metadata.namespace !== namespace) continue;
    const { scaleTargetRef, ...spec } = parsed.data.spec;
    if (scaleTargetRef.kind !== 'Deployment' || scaleTargetRef.name !== name) continue;
    const least = 'minReplicas' in spec ? spec.minReplicas : spec.minReplicaCount;
    return { count: deployment.spec.replicas ?? Number(least), scales: true };
  }
  return { count: deployment.spec.replicas ?? 1, scales: false };
}
