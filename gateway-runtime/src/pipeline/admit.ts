import { HttpProblem } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import type { Deadline } from '../deadline.js';
import type { Outcome } from '../overload/circuit-breaker.js';
import type { Overload } from '../overload/overload.js';
import type { ChargedAgent, TokenUse } from '../overload/quotas.js';
import type { Refusal } from '../overload/refusal.js';
import type { AuditedCall, AuditTrail } from './audit.js';

/** A request that may be sent to an agent. It is ended once. */
export interface AdmittedInvocation {
  /** Whether somebody wants to know what was used. */
  readonly isCharged: boolean;
  /** @param usage absent: unknown; what is reserved for it stays charged, unless nothing was sent */
  end(outcome: Outcome, usage: TokenUse | undefined, wasSent: boolean): void;
}

/**
 * Reserves what a request may use, and waits until it may be sent to an agent.
 *
 * @throws Refusal when it may not; nothing was sent, and nothing is charged
 */
export async function admit(
  { quotas, gate }: Overload,
  agent: ChargedAgent,
  caller: Caller,
  deadline: Deadline,
  context: AuditedCall,
): Promise<AdmittedInvocation> {
  const reserved = quotas.reserve(caller, agent);
  const reservation = reserved && (await reserved);
  try {
    const arrival = { user: caller.user, leftMs: deadline.leftMs, signal: context.departure };
    const place = gate('agent', agent.name).enter(arrival);
    const lease = place instanceof Promise ? await place : place;
    return {
      isCharged: reservation !== undefined,
      end: (outcome, usage, wasSent) => {
        lease(outcome);
        if (usage !== undefined) reservation?.settle(usage);
        else if (!wasSent) reservation?.release();
      },
    };
  } catch (error) {
    reservation?.release();
    throw error;
  }
}

/** What a client is told whose request was not sent on. */
export function refused({ code, message, retryAfter }: Refusal, agent: string, audit: AuditTrail): HttpProblem {
  audit.deny(code);
  const detail = `Agent "${agent}" got nothing: ${message}. The request may be sent again after ${retryAfter} s.`;
  return new HttpProblem(code, detail, undefined, { 'retry-after': retryAfter });
}
