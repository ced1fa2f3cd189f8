import type { TraceParent } from './trace-context.js';

/** Which requests are recorded. */
export interface SamplingRule {
  /** Share of the requests, from 0 to 1. */
  readonly ratio: number;
  /** Whether the flag of those counts that are trusted. */
  readonly trustsParents: boolean;
}

/**
 * Decides by chance, and not by the trace id: whoever chooses the id could have all of its requests recorded. Only the flag
 * of somebody who is trusted decides in the place of chance, in both directions.
 *
 * @param isTrusted asked only where the flag could count
 */
export function isSampled(
  { ratio, trustsParents }: SamplingRule,
  parent: TraceParent | undefined,
  isTrusted: () => boolean,
  random: () => number = Math.random,
): boolean {
  if (trustsParents && parent !== undefined && isTrusted()) return parent.isSampled;
  return random() < ratio;
}
