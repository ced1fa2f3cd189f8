/** What Kubernetes may take to tell every node that a pod is not ready. */
const PROPAGATION_MS = 4_000;
/** What Squid may take to read its lists, or to start anew. */
const RELOAD_MS = 22_000;

/**
 * How replicas of the proxy reload one at a time: each has its turn by the clock, `slotMs` long. In it, it waits
 * `drainMs` as not ready, so that its Service drops it, and then takes the new lists.
 *
 * @param unreadyAfterMs how long it takes until a readiness probe has found out
 */
export function proxyReload(unreadyAfterMs: number) {
  const drainMs = unreadyAfterMs + PROPAGATION_MS;
  return { slotMs: drainMs + RELOAD_MS, drainMs };
}
