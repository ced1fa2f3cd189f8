import type { TopologySpread } from './topology-spread';

/** A taint of nodes that pods accept. */
export interface Toleration {
  /** Key of the taint. */
  readonly key: string;
  /**
   * Value of the taint.
   * @default - any value
   */
  readonly value?: string;
  /**
   * Effect of the taint: `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
   * @default - all effects
   */
  readonly effect?: string;
}

/** On which nodes pods run. */
export interface SchedulingOptions {
  /**
   * Labels that a node must have.
   * @default - any node
   */
  readonly nodeSelector?: Record<string, string>;
  /**
   * Taints that the pods accept.
   * @default - none
   */
  readonly tolerations?: Toleration[];
  /**
   * How the pods are spread over the cluster; an empty list for not at all.
   * @default - preferred over zones (`topology.kubernetes.io/zone`) and nodes (`kubernetes.io/hostname`)
   */
  readonly topologySpread?: TopologySpread[];
  /**
   * Name of the PriorityClass of the pods.
   * @default - the cluster's default
   */
  readonly priorityClassName?: string;
}
