import { setImmediate as nextTurn } from 'node:timers/promises';

/** A turn that takes no longer had next to nothing to do, in milliseconds. */
const QUIET_MS = 0.3;

/** How long such a turn is waited for, in milliseconds. */
const LONGEST_MS = 500;

/**
 * Resolves at the end of a turn of the event loop that had next to nothing to do; if there is none, after half a second. All
 * connections that the kernel has made are taken in each turn, and those that it makes while a turn lasts are lost if the
 * listening socket is closed at its end.
 */
export async function quietTurn(): Promise<void> {
  // The one that goes on has begun before.
  await nextTurn();
  const until = performance.now() + LONGEST_MS;
  for (;;) {
    const begin = performance.now();
    await nextTurn();
    const end = performance.now();
    if (end - begin <= QUIET_MS || end > until) return;
  }
}
