import { HttpProblem } from '@agentyard/runtime-kit';
import type { Caller } from './auth/caller.js';
import type { AuditTrail } from './pipeline/audit.js';

/** How many answers may be streams at once. */
export interface StreamLimits {
  readonly streams: number;
  readonly streamsPerUser: number;
}

/** Seconds after which a client may ask for a stream again that it did not get. */
const RETRY_AFTER = { 'retry-after': '5' };

/** The answers of a gateway that are streams of events and have not ended. */
export class OpenStreams {
  private readonly byUser = new Map<string, number>();
  private total = 0;

  /** How many there are. */
  public get count(): number {
    return this.total;
  }

  /**
   * Counts one more.
   *
   * @param user who gets it; an absent one, of a gateway that asks nobody, has no limit of its own
   * @returns counts it as ended; further calls do nothing
   * @throws HttpProblem `intake-exhausted`, `streams-exhausted`
   */
  public open(user: string | undefined, { streams, streamsPerUser }: StreamLimits, audit: AuditTrail): () => void {
    if (this.total >= streams) {
      audit.deny('intake-exhausted');
      throw new HttpProblem('intake-exhausted', `There may be ${streams} streams at once.`, undefined, RETRY_AFTER);
    }
    const own = user === undefined ? 0 : (this.byUser.get(user) ?? 0);
    if (own >= streamsPerUser) {
      audit.deny('streams-exhausted');
      const detail = `A user may have ${streamsPerUser} streams at once.`;
      throw new HttpProblem('streams-exhausted', detail, undefined, RETRY_AFTER);
    }
    this.total += 1;
    if (user !== undefined) this.byUser.set(user, own + 1);
    let isOpen = true;
    return () => {
      if (isOpen) this.end(user);
      isOpen = false;
    };
  }

  private end(user: string | undefined): void {
    this.total -= 1;
    if (user === undefined) return;
    const left = (this.byUser.get(user) ?? 1) - 1;
    if (left > 0) this.byUser.set(user, left);
    else this.byUser.delete(user);
  }
}

/** Who has a limit of its own: not everybody at once, when the gateway asks for no credentials. */
export function userOf({ user, by }: Caller): string | undefined {
  return by === 'none' ? undefined : user;
}
