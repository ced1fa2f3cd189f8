import type { SynthFault } from '../errors/synth-error';
import { selectorLabels, type Runtime } from './labels';

/** How many pods may be gone at once, or must be there, while nodes are drained. */
export interface DisruptionLimit {
  readonly bound: 'maxUnavailable' | 'minAvailable';
  readonly amount: number;
  readonly unit: 'pods' | 'percent';
}

/** The spec of a workload's PodDisruptionBudget. */
export function disruptionBudgetSpec(runtime: Runtime, name: string, limit: DisruptionLimit) {
  return {
    [limit.bound]: limit.unit === 'percent' ? `${limit.amount}%` : limit.amount,
    unhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy(runtime),
    selector: { matchLabels: selectorLabels(runtime, name) },
  };
}

/**
 * A pod that is not ready serves nobody, so it must not hold up a drain. But a proxy is not ready on purpose for some
 * seconds, while it takes new lists; were it let go then, and the other one is being drained, nobody would be left.
 */
function unhealthyPodEvictionPolicy(runtime: Runtime): string {
  return runtime === 'egress-proxy' ? 'IfHealthyBudget' : 'AlwaysAllow';
}

/**
 * What is wrong with a limit, if anything. A budget that never lets a pod go holds up every drain of its node.
 *
 * @param leastPods fewest pods that the workload has
 */
export function disruptionFault(limit: DisruptionLimit, leastPods: number): SynthFault | undefined {
  const { bound, amount, unit } = limit;
  const spelled = `${bound} ${amount}${unit === 'percent' ? '%' : ''}`;
  if (!Number.isInteger(amount) || amount < 0 || (unit === 'percent' && amount > 100)) {
    return {
      message: `disruptionBudget has ${spelled}`,
      remedy: 'Give a whole number of pods, or a percentage from 1 to 100',
    };
  }
  if (bound === 'maxUnavailable' ? amount > 0 : amount < leastPods || leastPods === 0) return undefined;
  return {
    message: `disruptionBudget has ${spelled} of ${leastPods} pods, so their nodes could not be drained`,
    remedy: 'Let at least one pod go: DisruptionBudget.maxUnavailable(1), or none() for no budget',
  };
}
