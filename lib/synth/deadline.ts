import { SynthError, type SynthFault } from '../errors/synth-error';

/** No deadline is longer: a pod that is told to stop waits for its longest request. */
export const LONGEST_DEADLINE_MS = 900_000;
/** What a caller waits longer than the callee may take, so that the callee's own answer arrives. */
const ANSWER_MARGIN_MS = 5_000;
/** What Kubernetes waits longer than the runtime, before it kills the pod. */
const KILL_MARGIN_SECONDS = 5;

/**
 * Checks a deadline.
 *
 * @throws SynthError LIMIT_INVALID, TIMEOUT_TOO_LONG
 */
export function checkedDeadline(prop: string, milliseconds: number, path: string): number {
  if (!Number.isInteger(milliseconds) || milliseconds < 1) {
    throw new SynthError('LIMIT_INVALID', path, {
      message: `${prop} is ${milliseconds} ms, it must be at least 1 ms`,
      remedy: `Set ${prop} to a longer duration`,
    });
  }
  if (milliseconds > LONGEST_DEADLINE_MS) {
    throw new SynthError('TIMEOUT_TOO_LONG', path, {
      message: `${prop} is ${milliseconds} ms, at most ${LONGEST_DEADLINE_MS} ms (15 minutes) are allowed`,
      remedy: `Set ${prop} to 15 minutes or less`,
    });
  }
  return milliseconds;
}

/** How long a caller waits for a callee with the given deadline. */
export function callerDeadline(calleeMs: number): number {
  return Math.min(calleeMs + ANSWER_MARGIN_MS, LONGEST_DEADLINE_MS);
}

/** How long one call of a toolset may take: a full run ahead of it in the queue, then its own. */
export function queuedDeadline(callMs: number): number {
  return Math.min(callMs * 2, LONGEST_DEADLINE_MS);
}

/** `terminationGracePeriodSeconds` of a pod that goes on as before for some time, and then ends its requests. */
export function terminationGraceSeconds(preStopSeconds: number, graceMs: number): number {
  return preStopSeconds + Math.ceil(graceMs / 1000) + KILL_MARGIN_SECONDS;
}

/** What is wrong with a grace that a program gives; it may only be longer than what is needed. */
export function graceFault(givenSeconds: number, preStopSeconds: number, graceMs: number): SynthFault | undefined {
  const needed = terminationGraceSeconds(preStopSeconds, graceMs);
  if (givenSeconds >= needed) return undefined;
  return {
    message: `terminationGracePeriod is ${givenSeconds} s; ${preStopSeconds} s of preStopDelay, ${Math.ceil(graceMs / 1000)} s for the longest request and ${KILL_MARGIN_SECONDS} s to end are ${needed} s`,
    remedy: 'Give as much or more, leave it out, or lower the timeout of the requests',
  };
}
