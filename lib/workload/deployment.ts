import { selectorLabels, type Runtime } from './labels';

/** How the pods of a Deployment or StatefulSet are replaced. */
export interface Rollout {
  /** Pods above their number, or a percentage: `25%`. */
  readonly maxSurge: number | string;
  readonly maxUnavailable: number | string;
  readonly minReadySeconds: number;
  readonly progressDeadlineSeconds: number;
  readonly revisionHistoryLimit: number;
}

/** What a Deployment of one of our runtimes follows from. */
export interface DeploymentSpec {
  readonly runtime: Runtime;
  readonly name: string;
  /** Absent where an autoscaler decides: a number here would set it back at each apply. */
  readonly replicas?: number;
  readonly rollout: Rollout;
  readonly template: unknown;
}

/** The spec of the Deployment. */
export function deploymentSpec({ runtime, name, replicas, rollout, template }: DeploymentSpec) {
  const { maxUnavailable, maxSurge, ...pace } = rollout;
  return {
    replicas,
    ...pace,
    selector: { matchLabels: selectorLabels(runtime, name) },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge } },
    template,
  };
}
