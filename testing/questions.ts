import type { IConstruct } from 'constructs';
import type { CallVerdict } from '../lib/authorization';
import type { Path, Protocol, Verdict } from '../lib/reachability';
import type { Caller } from './caller';
import {
  Evaluation,
  isConstruct,
  type CallOptions,
  type End,
  type Evaluable,
  type EvaluationOptions,
} from './evaluation';
import { constructOf, type ToolReference } from './tool-reference';

/** Evaluates a program, a directory of manifests, or objects, once for many questions. */
export function evaluate(what: Evaluable, options: EvaluationOptions = {}): Evaluation {
  return Evaluation.of(what, options);
}

/**
 * Whether one end may connect to another, and why. Synthesizes the program of the ends anew, so that it never answers
 * for what the program was; for many questions, `evaluate` once.
 */
export function canReach(from: End, to: End, port: number, protocol: Protocol = 'TCP'): Verdict {
  return programOf(from, to).canReach(from, to, port, protocol);
}

/** Everything that an end may connect to. */
export function reachable(from: End): readonly Path[] {
  return programOf(from).reachable(from);
}

/** Everything that may connect to an end. */
export function callers(to: End): readonly Path[] {
  return programOf(to).callers(to);
}

/**
 * Whether somebody may call a tool, on which ways, and if on none, why not. Synthesizes the program anew, as `canReach`
 * does.
 */
export function canCall(caller: Caller, tool: ToolReference, options: CallOptions = {}): CallVerdict {
  return programOf(...callEnds(caller, [tool]), options.gateway).canCall(caller, tool, options);
}

/** What tells of which program a question about calls is. */
export function callEnds(caller: Caller, tools: readonly ToolReference[]): unknown[] {
  return [caller, ...tools.map(constructOf)];
}

/** The program that constructs are of, evaluated as it is now. Others may stand among them. */
export function programOf(...ends: readonly unknown[]): Evaluation {
  const construct = ends.find((end): end is IConstruct => isConstruct(end));
  if (construct === undefined)
    throw new RangeError('none of the ends is a construct, so it is not told of which program; use evaluate');
  return Evaluation.of(construct);
}
