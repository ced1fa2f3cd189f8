import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** Soonest that a server can have us come back. */
const SHORTEST_MS = 50;

/** Longer and longer pauses between tries; a try that went well begins anew. */
export class Pause {
  private ms = FIRST_MS;

  public reset(): void {
    this.ms = FIRST_MS;
  }

  /** Waits, or less if it is aborted. */
  public async wait(signal: AbortSignal, ms = this.ms): Promise<void> {
    this.ms = Math.min(this.ms * 2, LONGEST_MS);
    const bounded = Math.min(Math.max(ms, SHORTEST_MS), LONGEST_MS);
    await sleep(bounded * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => undefined);
  }
}
