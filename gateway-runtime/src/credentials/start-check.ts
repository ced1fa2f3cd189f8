import type { UpstreamCredentials } from './upstream-credentials.js';

/**
 * A pod is not ready before it has once had all that it shows to MCP servers, so that a rollout with a wrong Secret ends at
 * its first pod. Later on one server's Secret does not take the others away.
 */
export function startCheck(credentials: readonly UpstreamCredentials[]): () => string | undefined {
  let waiting = credentials;
  return () => {
    waiting = waiting.filter((each) => each.unready() !== undefined);
    return waiting[0]?.unready();
  };
}
