import type { PodAnswer } from '../pod-request.js';

/**
 * Whether an answer says that the pod which gave it is at fault: 500 or above. Not so where it is orderly turned away
 * for a while, nor where the model's provider failed: another pod would do no better, and whoever asks could cause it.
 *
 * @param value of its body, if that is JSON
 */
export function isFaultOfPod({ statusCode, headers }: PodAnswer, value: unknown): boolean {
  return statusCode >= 500 && headers['retry-after'] === undefined && codeOf(value) !== 'model-failed';
}

function codeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'code' in value ? value.code : undefined;
}
