import { detached } from './call-context.js';
import { createHash } from 'node:crypto';
import type { Caller } from '../../auth/caller.js';
import { endSession, openSession, type OpenedSession, type SessionOpening } from './legacy-session.js';
import type { UpstreamTarget } from './target.js';

/** How long a session is kept for the next request of its user, in milliseconds. */
const IDLE_MS = 300_000;

/** Most sessions that are kept. */
const MAX_SESSIONS = 1_000;

interface Pooled {
  readonly session: Promise<OpenedSession>;
  readonly end: () => void;
  usedAt: number;
  /** How many calls are going on in it. */
  calls: number;
}

/**
 * Sessions at servers of the legacy era, for clients that have none: one for each user and what its client can be
 * asked. None is ever used for two users.
 */
export class SessionPool {
  private readonly pooled = new Map<string, Pooled>();
  private readonly byOpened = new WeakMap<OpenedSession, Pooled>();
  private readonly timer: NodeJS.Timeout;

  public constructor(private readonly now: () => number = () => performance.now()) {
    this.timer = setInterval(() => this.endIdle(), IDLE_MS / 10).unref();
  }

  /** The session of a user at a server. @throws UpstreamUnavailableError */
  public sessionFor(target: UpstreamTarget, opening: SessionOpening): Promise<OpenedSession> {
    const key = keyOf(target, opening);
    const known = this.pooled.get(key);
    if (known !== undefined) {
      known.usedAt = this.now();
      // The one that was used last goes last.
      this.pooled.delete(key);
      this.pooled.set(key, known);
      return known.session;
    }
    return this.open(key, target, opening);
  }

  /** Says that a call goes on in a session, which is not ended meanwhile. @returns to be called when it has ended */
  public begin(session: OpenedSession): () => void {
    const pooled = this.byOpened.get(session);
    if (pooled === undefined) return () => undefined;
    pooled.calls += 1;
    return () => {
      pooled.calls -= 1;
      pooled.usedAt = this.now();
    };
  }

  /** Forgets a session that its server does not know any more; another one may have been opened since. */
  public drop(target: UpstreamTarget, opening: SessionOpening, session: OpenedSession): void {
    const key = keyOf(target, opening);
    const known = this.pooled.get(key);
    if (known !== undefined && known === this.byOpened.get(session)) this.pooled.delete(key);
  }

  /** Ends all. */
  public close(): void {
    clearInterval(this.timer);
    for (const { end } of this.pooled.values()) end();
    this.pooled.clear();
  }

  private open(key: string, target: UpstreamTarget, opening: SessionOpening): Promise<OpenedSession> {
    // The client that is first may leave; others may wait for the same session.
    const alone = { ...opening, context: detached(opening.context) };
    const session = openSession(target, alone);
    const end = (): void => void session.then((open) => endSession(target, open, alone)).catch(() => undefined);
    const pooled: Pooled = { session, end, usedAt: this.now(), calls: 0 };
    this.pooled.set(key, pooled);
    session.then(
      (opened) => this.byOpened.set(opened, pooled),
      () => this.pooled.get(key) === pooled && this.pooled.delete(key),
    );
    if (this.pooled.size > MAX_SESSIONS) this.endFirst();
    return session;
  }

  /** Of those without calls. */
  private endFirst(): void {
    const first = [...this.pooled].find(([, { calls }]) => calls === 0);
    if (first === undefined) return;
    this.pooled.delete(first[0]);
    first[1].end();
  }

  private endIdle(): void {
    const before = this.now() - IDLE_MS;
    for (const [key, { usedAt, calls, end }] of this.pooled) {
      if (usedAt > before || calls > 0) continue;
      this.pooled.delete(key);
      end();
    }
  }
}

function keyOf(target: UpstreamTarget, { caller, capabilities, clientInfo }: SessionOpening): string {
  const { user, issuer, by }: Caller = caller;
  const client = createHash('sha256')
    .update(JSON.stringify([capabilities, clientInfo]))
    .digest('base64url');
  return JSON.stringify([target.name, target.path, by, issuer ?? null, user, client]);
}
