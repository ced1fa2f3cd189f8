import type { LabelSelector } from './label-selector';
import type { Pods } from './pods';

type Known = Readonly<Record<string, string>>;

/** The label by which cdk8s-plus selects the pods of a construct. */
const CONSTRUCT_ADDRESS = 'cdk8s.io/metadata.addr';

/** The labels by which policies of ours select the pods of a workload, such as a Job, which selects by none. */
const WORKLOAD_LABELS = ['agentyard.dev/runtime', 'app.kubernetes.io/name'];

/** How a controller knows its pods; Jobs and Pods say nothing of it. */
export interface ControllerSelector {
  readonly matchLabels?: Known;
  readonly matchExpressions?: readonly unknown[];
}

/**
 * Labels that tell the pods of a workload from all others of their namespace: those by which its controller selects them,
 * or else the one by which cdk8s-plus does, or those of workloads of ours, or else all of them.
 */
export function podIdentity(
  labels: Known,
  { matchLabels = {}, matchExpressions = [] }: ControllerSelector = {},
): Known {
  if (Object.keys(matchLabels).length > 0 && matchExpressions.length === 0) return matchLabels;
  const own = [[CONSTRUCT_ADDRESS], WORKLOAD_LABELS].find((keys) => keys.every((key) => labels[key] !== undefined));
  return own === undefined ? labels : Object.fromEntries(own.map((key) => [key, labels[key] ?? '']));
}

/** What a selector means in a namespace beyond the pods of workloads there; nothing if it means no others. */
export function beyondWorkloads(
  selector: LabelSelector,
  namespace: string | undefined,
  workloads: readonly Pods[],
): LabelSelector | undefined {
  // Elsewhere, others may have the same labels.
  if (namespace === undefined) return selector;
  return selector.beyond(
    workloads.flatMap((pods) => (pods.namespace === namespace && pods.identity !== undefined ? [pods.identity] : [])),
  );
}
