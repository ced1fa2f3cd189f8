const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** A process that ran this long is not one that keeps dying. */
export const STEADY_MS = 60_000;

/** How long to wait before the next start, after `deaths` in a row. */
export function backOffMs(deaths: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(deaths - 1, 16));
}
