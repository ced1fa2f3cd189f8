// Named re-exports only: `export *` of a CommonJS module is not seen by ESM programs.
export {
  NotUnderstoodError,
  Platform,
  type ForeignPods,
  type KubernetesObject,
  type Path,
  type PathKind,
  type Protocol,
  type Verdict,
  type Workload,
} from '../lib/reachability';
export { type EvaluatedEnd, type Evaluation, type Evaluable, type EvaluationOptions, type End } from './evaluation';
export { matchers, type MatcherResult, type ReachabilityMatchers } from './matchers';
export { type ExpectedPath } from './expected-path';
export { type PrivateHost } from './private-host';
export { callers, canReach, evaluate, reachable } from './questions';
