import { detached } from '../upstream/call-context.js';
import { Deadline } from '../../deadline.js';
import type { McpExchange } from '../exchange.js';
import type { ServerBackend } from '../federation/server-backend.js';
import type { HeldSession } from '../session/client-session.js';
import { streamHeaders } from '../upstream/legacy-session.js';
import { NotServedError, SessionGoneError, UpstreamUnavailableError } from '../upstream/unavailable.js';
import { sendTo, type UpstreamMessage } from '../upstream/send-to.js';
import { FOREVER_MS } from './follow-modern.js';
import { Pause } from './pause.js';

/** Where a stream of a session is taken up. */
export interface SessionFeed {
  readonly backend: ServerBackend;
  readonly session: HeldSession;
  /** Id of the last event that was got. @default - none */
  readonly last?: string;
}

/**
 * Reads the stream of a session at a server until it is aborted (MCP 2025-11-25, "Listening for Messages from the
 * Server"), taking it up again after each break. A server that has no such stream is left.
 *
 * @param take gets each message; a promise holds up the server
 * @returns why it is left; absent if it is aborted
 */
export async function followSession(
  { caller, context }: McpExchange,
  { backend, session, last: from }: SessionFeed,
  take: (message: UpstreamMessage) => Promise<void> | undefined,
  signal: AbortSignal,
): Promise<UpstreamUnavailableError | undefined> {
  const pause = new Pause();
  let last = from;
  let retry: number | undefined;
  while (!signal.aborted) {
    const deadline = new Deadline(FOREVER_MS, signal);
    try {
      const { status } = await sendTo(backend.target, {
        method: 'GET',
        headers: streamHeaders(session, last),
        pinned: session.origin,
        inSession: session.id !== undefined,
        caller,
        context: detached(context, signal),
        deadline,
        onStream: () => pause.reset(),
        onMessage: (message) => {
          last = message.eventId ?? last;
          retry = message.retry ?? retry;
          return take(message);
        },
      });
      if (status !== 200) return new NotServedError(`it answers with status ${status}`, true, true);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof UpstreamUnavailableError)) throw error;
      if (error instanceof SessionGoneError || error.hasAnswered) return error;
    } finally {
      deadline.clear();
    }
    await pause.wait(signal, retry);
  }
  return undefined;
}
