/**
 * Header that says how long the one who sends a request waits for its answer, in whole milliseconds from when it is
 * sent. Whoever gets it answers before that, with what there is.
 */
export const TIME_LEFT_HEADER = 'agentyard-time-left-ms';

/** Part of the time that is left for the answer's own way, and the most that it is. */
const WAY_SHARE = 0.1;
const LONGEST_WAY_MS = 1_000;

/**
 * Time that a callee has for a request, in milliseconds.
 *
 * @param header value of the header, as it was sent
 * @param ownMs what the callee itself allows
 */
export function timeFor(header: string | readonly string[] | undefined, ownMs: number): number {
  if (typeof header !== 'string' || !/^\d{1,9}$/.test(header)) return ownMs;
  const left = Number(header);
  return Math.max(1, Math.min(ownMs, Math.floor(left - Math.min(left * WAY_SHARE, LONGEST_WAY_MS))));
}
