/** What a router waits longer than the gateway, so that the gateway's own answer arrives. */
const ANSWER_MARGIN_SECONDS = 5;

/**
 * How long a router waits for a gateway that says nothing, in seconds. Streams are never silent for so long; an answer in
 * one piece is, until it is complete.
 */
export function routerTimeoutSeconds(longestDeadlineMs: number): number {
  return Math.ceil(longestDeadlineMs / 1000) + ANSWER_MARGIN_SECONDS;
}
