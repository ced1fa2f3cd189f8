import { randomBytes } from 'node:crypto';
import { HttpProblem, type Logger } from '@agentyard/runtime-kit';
import type { AgentDocument, Approval, ApprovalDecision, UserClaim } from 'agentyard/contract';
import { withStore } from './store-problem.js';
import type { StateKey, StateStore } from './state-store.js';
import type { PausedRun, Verdict } from './paused-run.js';
import type { SessionOwner } from './session.js';

/** How long somebody may take to write a decision, in milliseconds. */
const DECIDING_MS = 10_000;

/** What is kept of an approval: what approvers see, and whose run it is. */
interface KeptApproval extends Approval {
  /** As `Invoker.owner`. */
  readonly owner: string;
}

/** Who decides. */
export interface Approver {
  /** As `Invoker.owner`. */
  readonly owner: string;
  readonly user: UserClaim;
}

/** The calls of tools that wait for a person. */
export class Approvals {
  public constructor(
    private readonly agent: string,
    private readonly config: NonNullable<AgentDocument['approvals']>,
    private readonly store: StateStore,
    private readonly log: Logger,
  ) {}

  /** How long a call waits, in milliseconds. */
  public get timeoutMs(): number {
    return this.config.timeoutMs;
  }

  /** Asks for approval. @param owner for whom the calls would be made @throws HttpProblem `sessions-unavailable` */
  public async request({ owner, ownerName: user }: SessionOwner, calls: Approval['calls']): Promise<Approval> {
    const now = Date.now();
    const approval: Approval = {
      id: randomBytes(16).toString('base64url'),
      agent: this.agent,
      user,
      requestedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + this.config.timeoutMs).toISOString(),
      calls,
    };
    await this.write({ ...approval, owner });
    return approval;
  }

  /** What waits, and this approver may decide. */
  public async pendingFor(approver: Approver): Promise<Approval[]> {
    const names = await withStore(this.log, () => this.store.list('approval'));
    const kept = await Promise.all(names.map((name) => this.read(name)));
    return kept
      .filter((approval) => approval !== undefined)
      .filter((approval) => this.mayDecide(approver, approval) && !isDecided(approval))
      .sort((a, b) => (a.requestedAt < b.requestedAt ? -1 : 1))
      .map(seen);
  }

  /**
   * Notes a decision, once for each call.
   *
   * @throws HttpProblem `approval-unknown`, also for an approver's own request if that is not allowed,
   *   `approval-decided`, `session-busy`, `sessions-unavailable`
   */
  public async decide(approver: Approver, { id, approved, calls: ids, reason }: ApprovalDecision): Promise<Approval> {
    const release = await withStore(this.log, () => this.store.lock(keyOf(id), DECIDING_MS));
    if (release === undefined) throw new HttpProblem('session-busy', 'Somebody else decides about it.');
    try {
      const kept = await this.read(id);
      if (kept === undefined || !this.mayDecide(approver, kept)) throw new HttpProblem('approval-unknown');
      const chosen = kept.calls.filter((call) => ids?.includes(call.id) ?? true);
      if (chosen.length < (ids === undefined ? 1 : new Set(ids).size)) throw new HttpProblem('approval-unknown');
      if (chosen.some(({ decision }) => decision !== undefined)) throw new HttpProblem('approval-decided');
      const decision = { approved, by: approver.user.sub, at: new Date().toISOString(), reason };
      const calls = kept.calls.map((call) => (chosen.includes(call) ? { ...call, decision } : call));
      const decided = { ...kept, calls };
      await this.write(decided);
      return seen(decided);
    } finally {
      await release().catch(() => undefined);
    }
  }

  /**
   * What was decided about the calls of a run, by their ids. Calls that nobody has decided about in time are denied.
   *
   * @throws HttpProblem `approval-pending`, `sessions-unavailable`
   */
  public async verdictsOf({ approvalId, calls, expiresAt }: PausedRun): Promise<Map<string, Decided>> {
    const kept = await this.read(approvalId);
    const isOver = Date.now() >= expiresAt;
    return new Map(
      calls.map(({ id }) => {
        const decision = kept?.calls.find((call) => call.id === id)?.decision;
        if (decision === undefined && !isOver) throw new HttpProblem('approval-pending', stillWaiting(approvalId));
        return [id, verdictOf(decision)];
      }),
    );
  }

  /** Forgets what is over. */
  public async forget(id: string): Promise<void> {
    await this.store.remove(keyOf(id)).catch((error: Error) => {
      this.log.warn({ event: 'approval-kept', reason: error.message }, 'an approval that is over goes with its time');
    });
  }

  private mayDecide({ owner }: Approver, kept: KeptApproval): boolean {
    return this.config.ownRequests || kept.owner !== owner;
  }

  private async read(id: string): Promise<KeptApproval | undefined> {
    const text = await withStore(this.log, () => this.store.read(keyOf(id)));
    return text === undefined ? undefined : (JSON.parse(text) as KeptApproval);
  }

  private async write(approval: KeptApproval): Promise<void> {
    const leftMs = Math.max(1, Math.ceil(Date.parse(approval.expiresAt) - Date.now()));
    // A decision outlasts the time to decide: the run is gone on with later.
    const ttlMs = leftMs + (isDecided(approval) ? this.config.timeoutMs : 0);
    await withStore(this.log, () => this.store.write(keyOf(approval.id), JSON.stringify(approval), ttlMs));
  }
}

/** A verdict, and by whom; absent: by nobody. */
export interface Decided extends Verdict {
  readonly by?: string;
}

function verdictOf(decision: Approval['calls'][number]['decision']): Decided {
  if (decision === undefined) return { approved: false, reason: 'Nobody has approved the call in time.' };
  const { approved, by, reason } = decision;
  return approved ? { approved, by } : { approved, by, reason: reason ?? 'The call was denied.' };
}

const stillWaiting = (id: string) => `The approval "${id}" is not decided yet.`;

const isDecided = ({ calls }: Approval) => calls.every(({ decision }) => decision !== undefined);

function seen({ owner: _owner, ...approval }: KeptApproval): Approval {
  return approval;
}

const keyOf = (name: string): StateKey => ({ kind: 'approval', name });
