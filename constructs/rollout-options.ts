import type { Duration } from 'cdk8s';
import type { PercentOrAbsolute } from 'cdk8s-plus-29';

/** How the pods of a workload are replaced and stopped. By default nothing of that drops a request. */
export interface RolloutOptions {
  /**
   * Pods above their number while new ones replace old ones.
   * @default PercentOrAbsolute.absolute(1)
   */
  readonly maxSurge?: PercentOrAbsolute;
  /**
   * Pods that may be missing while new ones replace old ones.
   * @default PercentOrAbsolute.absolute(0)
   */
  readonly maxUnavailable?: PercentOrAbsolute;
  /**
   * How long a new pod is ready before it counts, in whole seconds. By default callers, who resolve names every 5 s, know
   * it before an old one goes.
   * @default Duration.seconds(10)
   */
  readonly minReady?: Duration;
  /**
   * How long a rollout may stand still before it counts as failed, in whole seconds.
   * @default Duration.minutes(10)
   */
  readonly progressDeadline?: Duration;
  /**
   * Old revisions that are kept.
   * @default 3
   */
  readonly revisionHistoryLimit?: number;
  /**
   * How long a pod that is to stop serves on as before, while others take note, in whole seconds; 0 for not at all. Below
   * Kubernetes 1.30 it is a command of Node.js, which an image of your own must have then.
   * @default Duration.seconds(5)
   */
  readonly preStopDelay?: Duration;
  /**
   * Time from the order to stop until the pod is killed, in whole seconds. Only longer than the default.
   * @default - preStopDelay, the longest request, and 5 s
   */
  readonly terminationGracePeriod?: Duration;
}
