import { createHash, randomUUID } from 'node:crypto';
import { HttpProblem, type Logger } from '@agentyard/runtime-kit';
import type { AgentInvokeRequest, SessionsConfig } from 'agentyard/contract';
import type { Approvals, Decided } from './approvals.js';
import type { Verdict } from './paused-run.js';
import { Session, type SessionOwner } from './session.js';
import type { StateKey, StateStore } from './state-store.js';
import { RETRY_AFTER, withStore } from './store-problem.js';

/** A request may end so much later than its deadline, in milliseconds. */
const LATE_MS = 10_000;

/** What the model is told of a call that may have been made when its run broke off. */
const UNKNOWN_OUTCOME = 'The call was approved and begun, and what came of it was lost. It may have been made.';

/** Whose session is asked for, and for how long at most. */
export interface SessionRequest {
  readonly invoker: SessionOwner;
  readonly timeoutMs: number;
  readonly log: Logger;
}

/** The conversations that an agent keeps. */
export class Sessions {
  /** @param approvals absent for an agent none of whose tools needs one */
  public constructor(
    private readonly config: SessionsConfig,
    private readonly store: StateStore,
    public readonly approvals: Approvals | undefined,
  ) {}

  /**
   * Takes the session of a request for it alone. One that names none has one where a tool may have to wait.
   *
   * @returns undefined for a request without one
   * @throws HttpProblem `request-invalid` for one that brings a history too, `approval-pending`, `session-busy`,
   *   `sessions-unavailable`
   */
  public async begin(
    { sessionId, history }: Pick<AgentInvokeRequest, 'sessionId' | 'history'>,
    request: SessionRequest,
  ): Promise<Session | undefined> {
    if (sessionId === undefined) return this.approvals && this.take(randomUUID(), false, request);
    if (history.length > 0) {
      const message = 'must be empty with a sessionId: the agent keeps what was said in the session';
      throw new HttpProblem('request-invalid', undefined, [{ path: '$.history', message }]);
    }
    const session = await this.take(sessionId, true, request);
    if (session.paused === undefined) return session;
    await session.end();
    throw new HttpProblem('approval-pending', 'Go on with it by POST /v1/resume, or begin another session.');
  }

  /**
   * Takes a session with a run that waits, if that may go on.
   *
   * @returns the session, and what was decided by whom
   * @throws HttpProblem `approval-unknown`, `approval-pending`, `session-busy`, `sessions-unavailable`
   */
  public async resume(
    sessionId: string,
    request: SessionRequest,
  ): Promise<{ readonly session: Session; readonly decided: readonly Decided[] }> {
    const session = await this.take(sessionId, true, request);
    try {
      const run = session.paused;
      if (run === undefined || this.approvals === undefined) throw new HttpProblem('approval-unknown');
      const decided = await this.approvals.verdictsOf(run);
      const verdicts = new Map(
        [...decided].map(([id, verdict]) => [id, run.isResumed === true ? lost(verdict) : verdict]),
      );
      const { approvals } = this;
      session.resumption = { run, verdicts, forget: () => approvals.forget(run.approvalId) };
      await session.markResumed();
      return { session, decided: [...decided.values()] };
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  public close(): void {
    this.store.close();
  }

  private take(id: string, isNamed: boolean, { invoker: owner, timeoutMs, log }: SessionRequest): Promise<Session> {
    const key = keyOf(owner.owner, id);
    return withStore(log, async () => {
      const release = await this.store.lock(key, timeoutMs + LATE_MS);
      if (release === undefined) throw new HttpProblem('session-busy', undefined, undefined, RETRY_AFTER);
      try {
        const text = await this.store.read(key);
        return new Session({ owner, id, isNamed, key, release, text }, this.store, this.config, log);
      } catch (error) {
        await release().catch(() => undefined);
        throw error;
      }
    });
  }
}

function lost(verdict: Verdict): Verdict {
  return verdict.approved ? { approved: false, reason: UNKNOWN_OUTCOME } : verdict;
}

/** A name counts for its owner alone: nobody comes upon another's session. */
function keyOf(owner: string, sessionId: string): StateKey {
  const name = createHash('sha256')
    .update(JSON.stringify([owner, sessionId]))
    .digest('base64url');
  return { kind: 'session', name };
}
