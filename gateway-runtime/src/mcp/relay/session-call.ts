import { detached } from '../upstream/call-context.js';
import { Deadline } from '../../deadline.js';
import type { HeldSession } from '../session/client-session.js';
import { sessionHeaders, streamHeaders } from '../upstream/legacy-session.js';
import type { UpstreamTarget } from '../upstream/target.js';
import { SessionGoneError, UpstreamUnavailableError } from '../upstream/unavailable.js';
import {
  sendTo,
  type OnBehalf,
  type UpstreamAnswer,
  type UpstreamMessage,
  type UpstreamOutcome,
  type UpstreamRequest,
} from '../upstream/send-to.js';
import type { JsonObject, RpcId } from '../wire/json-rpc.js';

/** When a stream that has ended is taken up again, unless its server says so, in milliseconds. */
const RETRY_MS = 1_000;

/** Soonest that it is, whatever its server says. */
const MIN_RETRY_MS = 50;

/** Most times that the stream of one call is taken up again. */
const MAX_RESUMES = 100;

/** A request in a session at a server. */
export interface SessionCall extends OnBehalf {
  readonly session: HeldSession;
  readonly id: RpcId;
  readonly method: string;
  readonly params: JsonObject;
  readonly deadline: Deadline;
  readonly onMessage: (message: UpstreamMessage) => void | Promise<void>;
  /** Whether a stream that ends before the answer is taken up again; else that is left to the client. */
  readonly resumes: boolean;
  /** As of `UpstreamRequest`. */
  readonly isPassedOn?: boolean;
}

/** Sends a request in a session. @returns absent if its stream has ended before the answer. @throws UpstreamUnavailableError */
export async function callInSession(
  target: UpstreamTarget,
  { session, id, method, params, resumes, onMessage, ...more }: SessionCall,
): Promise<UpstreamAnswer | undefined> {
  let last: string | undefined;
  let retry = RETRY_MS;
  const request = {
    ...more,
    id,
    pinned: session.origin,
    inSession: session.id !== undefined,
    onMessage: (message: UpstreamMessage) => {
      last = message.eventId ?? last;
      retry = message.retry ?? retry;
      return onMessage(message);
    },
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
  let { answer } = await sendTo(target, { ...request, method: 'POST', headers: sessionHeaders(session), body });
  for (let i = 0; resumes && answer === undefined && last !== undefined && i < MAX_RESUMES; i += 1) {
    await sleepWithin(request.deadline, Math.max(retry, MIN_RETRY_MS));
    ({ answer } = await resumed(target, { ...request, method: 'GET', headers: streamHeaders(session, last) }));
  }
  if (answer === undefined && (resumes || last === undefined)) {
    throw new UpstreamUnavailableError('its stream ended without an answer', true);
  }
  return answer;
}

/** Takes up the stream of a call. One whose session is gone meanwhile was begun, so that it cannot be sent again. */
async function resumed(target: UpstreamTarget, request: UpstreamRequest): Promise<UpstreamOutcome> {
  try {
    return await sendTo(target, request);
  } catch (error) {
    if (!(error instanceof SessionGoneError)) throw error;
    throw new UpstreamUnavailableError('its session ended before the answer', true);
  }
}

/** @throws the reason of the deadline as soon as it is over */
async function sleepWithin(deadline: Deadline, ms: number): Promise<void> {
  deadline.throwIfEnded();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(wake, ms);
    function wake(): void {
      clearTimeout(timer);
      deadline.removeEventListener('abort', wake);
      resolve();
    }
    deadline.addEventListener('abort', wake);
  });
  if (deadline.isOver) throw new UpstreamUnavailableError((deadline.reason as Error).message, true);
  deadline.throwIfEnded();
}

/** Sends something that has no answer in a session. @throws UpstreamUnavailableError */
export async function sendInSession(
  target: UpstreamTarget,
  session: HeldSession,
  message: string,
  behalf: OnBehalf,
): Promise<void> {
  const deadline = new Deadline(target.listTimeoutMs, behalf.context.departure);
  try {
    await sendTo(target, {
      ...behalf,
      method: 'POST',
      headers: sessionHeaders(session),
      body: message,
      pinned: session.origin,
      inSession: session.id !== undefined,
      deadline,
    });
  } finally {
    deadline.clear();
  }
}

/** Says in a session that an answer is not waited for any more; whether that is heard does not matter. */
export function cancelInSession(
  target: UpstreamTarget,
  session: HeldSession,
  id: RpcId,
  { caller, context }: OnBehalf,
): void {
  const params = { requestId: id, reason: 'the client does not wait for it any more' };
  const message = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
  // The client has left; this goes out nevertheless.
  const behalf = { caller, context: detached(context) };
  sendInSession(target, session, message, behalf).catch(() => undefined);
}
