import type { ChildAnswer } from './child-protocol.js';

/** How a call's process ended. */
export type CallOutcome =
  | { readonly kind: 'answered'; readonly answer: ChildAnswer }
  | { readonly kind: LimitName; readonly limit: number }
  | { readonly kind: 'crashed'; readonly detail: string }
  | { readonly kind: 'cancelled' };

/** A limit that a call can cross. */
export type LimitName = 'timeout' | 'memory' | 'processes' | 'output';

const LIMIT_TEXTS: Readonly<Record<LimitName, (limit: number) => string>> = {
  timeout: (limit) => `it ran longer than its time limit of ${limit} ms`,
  memory: (limit) => `it used more than its memory limit of ${limit} bytes`,
  processes: (limit) => `it had more processes than its limit of ${limit}`,
  output: (limit) => `its result and what it printed were more than its output limit of ${limit} bytes`,
};

/** Says for people and models why there is no answer. */
export function describeFailure(outcome: Exclude<CallOutcome, { kind: 'answered' }>): string {
  if (outcome.kind === 'cancelled') return 'The call was cancelled.';
  if (outcome.kind === 'crashed') return `The tool's process failed: ${outcome.detail}.`;
  return `The tool was stopped: ${LIMIT_TEXTS[outcome.kind](outcome.limit)}.`;
}
