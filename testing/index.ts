// Named re-exports only: `export *` of a CommonJS module is not seen by ESM programs.
export {
  Calls,
  DocumentsError,
  hopsText,
  toolKey,
  type CallPath,
  type CallVerdict,
  type Hop,
  type Principal,
  type ToolId,
} from '../lib/authorization';
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
export { type Caller, type RoleReference, type ServiceReference } from './caller';
export { type CallMatchers } from './call-matchers';
export { type EvaluatedCaller } from './evaluated-caller';
export {
  type CallOptions,
  type EvaluatedEnd,
  type Evaluation,
  type Evaluable,
  type EvaluationOptions,
  type End,
} from './evaluation';
export { type ExpectedPath } from './expected-path';
export { type MatcherResult } from './matcher-result';
export { matchers } from './matchers';
export { type PrivateHost } from './private-host';
export { callers, canCall, canReach, evaluate, reachable } from './questions';
export { type ReachabilityMatchers } from './reachability-matchers';
export { type ServerConstruct, type ToolConstruct, type ToolReference } from './tool-reference';
