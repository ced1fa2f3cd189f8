import type { DeploymentSpec } from './deployment';
import { selectorLabels } from './labels';

/** What a StatefulSet of one of our runtimes follows from. */
export interface StatefulSetSpec extends DeploymentSpec {
  /** Headless Service that names its pods. */
  readonly serviceName: string;
}

/** The spec of the StatefulSet: its pods are numbered, start at once, and are replaced one after the other. */
export function statefulSetSpec({ runtime, name, replicas, rollout, template, serviceName }: StatefulSetSpec) {
  const { minReadySeconds, revisionHistoryLimit } = rollout;
  return {
    replicas,
    serviceName,
    minReadySeconds,
    revisionHistoryLimit,
    selector: { matchLabels: selectorLabels(runtime, name) },
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'RollingUpdate' },
    template,
  };
}
