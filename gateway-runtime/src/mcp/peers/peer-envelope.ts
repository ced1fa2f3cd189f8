import type { Seal } from '../session/seal.js';

/** How far apart the clocks of two replicas may be, and how long a message may travel, in milliseconds. */
const MAX_AGE_MS = 30_000;

/** Most messages that are kept in mind, so that none counts twice. */
const MAX_SEEN = 100_000;

/**
 * Messages between replicas: sealed with the keys that replicas alone have, for one of them, once, and for a short time.
 */
export class PeerEnvelopes {
  private readonly seen = new Map<string, number>();

  public constructor(
    private readonly seal: Seal,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param to origin of the replica that it is for */
  public close(message: unknown, to: string): string {
    return this.seal.close(JSON.stringify([this.now(), message]), boundTo(to));
  }

  /** The message; absent if it is not of a replica, not for this one, too old, or was there before. */
  public open(sealed: string, self: string): unknown {
    const text = this.seal.open(sealed, boundTo(self));
    if (text === undefined) return undefined;
    const [at, message] = JSON.parse(text) as [number, unknown];
    if (Math.abs(this.now() - at) > MAX_AGE_MS || this.seen.has(sealed.slice(0, 48))) return undefined;
    this.keep(sealed.slice(0, 48));
    return message;
  }

  /** What begins a sealed text tells it from all others: the key and the nonce. */
  private keep(start: string): void {
    const now = this.now();
    for (const [first, at] of this.seen) {
      if (at + 2 * MAX_AGE_MS > now && this.seen.size < MAX_SEEN) break;
      this.seen.delete(first);
    }
    this.seen.set(start, now);
  }
}

function boundTo(origin: string): string {
  return JSON.stringify(['peer', origin]);
}
