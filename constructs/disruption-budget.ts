import type { DisruptionLimit } from '../lib/workload/disruption-budget';

/** How many pods of a workload may be gone at once while nodes are drained. */
export class DisruptionBudget {
  /** At most so many pods may be gone. @param pods 1 or more */
  public static maxUnavailable(pods: number): DisruptionBudget {
    return new DisruptionBudget({ bound: 'maxUnavailable', amount: pods, unit: 'pods' });
  }

  /** At most this share of the pods may be gone, rounded up. @param percent 1 to 100 */
  public static maxUnavailablePercent(percent: number): DisruptionBudget {
    return new DisruptionBudget({ bound: 'maxUnavailable', amount: percent, unit: 'percent' });
  }

  /** At least so many pods stay. @param pods fewer than the workload has, else no node could be drained */
  public static minAvailable(pods: number): DisruptionBudget {
    return new DisruptionBudget({ bound: 'minAvailable', amount: pods, unit: 'pods' });
  }

  /** No PodDisruptionBudget: all pods may be gone at once. */
  public static none(): DisruptionBudget {
    return new DisruptionBudget(undefined);
  }

  /** @internal */
  public readonly _limit?: DisruptionLimit;

  private constructor(limit: DisruptionLimit | undefined) {
    this._limit = limit;
  }
}
