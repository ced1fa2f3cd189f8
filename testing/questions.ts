import type { Path, Protocol, Verdict } from '../lib/reachability';
import { Evaluation, isConstruct, type End, type Evaluable, type EvaluationOptions } from './evaluation';

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

/** The program that ends are of, evaluated as it is now. */
export function programOf(...ends: readonly End[]): Evaluation {
  const construct = ends.find(isConstruct);
  if (construct === undefined)
    throw new RangeError('none of the ends is a construct, so it is not told of which program; use evaluate');
  return Evaluation.of(construct);
}
