import type { PodAnswer } from '../pod-request.js';

/**
 * Whether an answer says that the pod which gave it is at fault: 500 or above. Not so where it is orderly turned away
 * for a while, nor where the model's provider failed: another pod would do no better, and whoever asks could cause it.
 *
 * @param problem code of the problem that it tells of
 */
export function isFaultOfPod({ statusCode, headers }: PodAnswer, problem: string | undefined): boolean {
  return statusCode >= 500 && headers['retry-after'] === undefined && problem !== 'model-failed';
}
