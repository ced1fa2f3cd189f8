import type { SynthFault } from '../errors/synth-error';
import { isLabelKey, selectorLabels, type Runtime } from './labels';

/** One rule of how pods are spread over the cluster. */
export interface SpreadRule {
  /** Label of nodes whose values are what pods are spread over. */
  readonly topologyKey: string;
  /** By how many pods two values may differ. */
  readonly maxSkew: number;
  /** Whether a pod that would break the rule waits; else the rule is a preference. */
  readonly required: boolean;
}

/** Over zones, and within them over nodes, as far as there are any. */
export const DEFAULT_SPREAD: readonly SpreadRule[] = [
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 1, required: false },
  { topologyKey: 'kubernetes.io/hostname', maxSkew: 1, required: false },
];

/** The pods that rules count. */
export interface SpreadPods {
  readonly runtime: Runtime;
  readonly name: string;
  /** Whether a Deployment makes them: then pods of an old revision do not count, else a rollout ends up uneven. */
  readonly deployment: boolean;
}

/** The `topologySpreadConstraints` of a pod; nodes whose taints it does not accept do not count. */
export function topologySpreadConstraints(rules: readonly SpreadRule[], { runtime, name, deployment }: SpreadPods) {
  if (rules.length === 0) return undefined;
  return rules.map(({ topologyKey, maxSkew, required }) => ({
    topologyKey,
    maxSkew,
    whenUnsatisfiable: required ? 'DoNotSchedule' : 'ScheduleAnyway',
    nodeTaintsPolicy: 'Honor',
    labelSelector: { matchLabels: selectorLabels(runtime, name) },
    matchLabelKeys: deployment ? ['pod-template-hash'] : undefined,
  }));
}

/** What is wrong with rules, one fault each. */
export function spreadFaults(rules: readonly SpreadRule[]): SynthFault[] {
  return rules.flatMap(({ topologyKey, maxSkew, required }, i) => {
    const twice = rules.slice(0, i).some((rule) => rule.topologyKey === topologyKey && rule.required === required);
    return [
      ...(isLabelKey(topologyKey) ? [] : [noKey(topologyKey)]),
      ...(Number.isInteger(maxSkew) && maxSkew >= 1 ? [] : [noSkew(maxSkew)]),
      ...(twice ? [namedTwice(topologyKey)] : []),
    ];
  });
}

const noKey = (key: string): SynthFault => ({
  message: `topologySpread is over "${key}", which is no key of a label`,
  remedy: "Name a label of the nodes, for example 'topology.kubernetes.io/zone'",
});

const noSkew = (maxSkew: number): SynthFault => ({
  message: `topologySpread has a maxSkew of ${maxSkew}`,
  remedy: 'Give a whole number of 1 or more',
});

const namedTwice = (key: string): SynthFault => ({
  message: `topologySpread names "${key}" twice`,
  remedy: 'Name each key once as preferred, and once as required at most',
});
