/** A limit as the generic cell rate algorithm has it: a bucket that fills evenly, without a timer. */
export interface Cells {
  /** Time for which one request counts, in milliseconds. */
  readonly intervalMs: number;
  /** Requests at once. */
  readonly burst: number;
}

/** What a limit says of a request. */
export interface Verdict {
  readonly allowed: boolean;
  /** When all requests so far are forgotten: the state that is kept. Unchanged if this one is not allowed. */
  readonly emptyAt: number;
  /** Requests that are left at once. */
  readonly remaining: number;
  /** Time until one is allowed, in milliseconds; 0 if this one is. */
  readonly retryAfterMs: number;
}

/**
 * Judges one more request.
 *
 * @param emptyAt the state; absent or in the past: there was none lately
 */
export function judge({ intervalMs, burst }: Cells, emptyAt: number | undefined, now: number): Verdict {
  const from = Math.max(now, emptyAt ?? now);
  const next = from + intervalMs;
  // Rounding must not cost the last request of a burst.
  const excess = next - now - intervalMs * burst;
  if (excess > 1e-6) return { allowed: false, emptyAt: from, remaining: 0, retryAfterMs: excess };
  const remaining = Math.floor((intervalMs * burst - (next - now)) / intervalMs + 1e-9);
  return { allowed: true, emptyAt: next, remaining: Math.max(0, remaining), retryAfterMs: 0 };
}
