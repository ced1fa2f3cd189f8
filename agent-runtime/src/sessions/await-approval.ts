import type { Approval, PendingApproval } from 'agentyard/contract';
import type { ModelMessage } from 'ai';
import type { Ledger } from '../ledger.js';
import type { ToolOffer } from '../tool-catalog.js';
import type { WaitingCall } from './paused-run.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';

/** A run that is to pause. */
interface PausingRun {
  readonly session: Session;
  /** What was said, the calls that wait included. */
  readonly said: readonly ModelMessage[];
  readonly ledger: Ledger;
  readonly offer: ToolOffer;
}

/**
 * Asks for approval of calls, and keeps the run until then.
 *
 * @throws HttpProblem `sessions-unavailable`
 */
export async function awaitApproval(
  sessions: Sessions | undefined,
  { session, said, ledger, offer }: PausingRun,
  waiting: readonly WaitingCall[],
): Promise<PendingApproval> {
  const approvals = sessions?.approvals;
  if (approvals === undefined) throw new Error('a call waits for approval, and nobody is asked for it');
  const asked = waiting.map((call) => shownCall(call, offer));
  const { id, expiresAt, calls } = await approvals.request(session.owner, asked);
  const paused = { approvalId: id, expiresAt: Date.parse(expiresAt), calls: waiting, ledger: ledger.state };
  try {
    // Twice the time: what was decided in the last moment can still be gone on with.
    await session.pause(said, paused, 2 * approvals.timeoutMs);
  } catch (error) {
    await approvals.forget(id);
    throw error;
  }
  return { id, expiresAt, calls };
}

function shownCall({ id, name, input }: WaitingCall, offer: ToolOffer): Approval['calls'][number] {
  const address = offer.addressOf(name);
  if (address === undefined) throw new Error('a call waits for approval whose tool is not offered');
  return { id, ...address, input: input as Approval['calls'][number]['input'] };
}
