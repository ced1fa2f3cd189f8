import { Deadline } from '../../deadline.js';
import { isObject, type JsonObject } from '../wire/json-rpc.js';
import { LEGACY_REVISIONS } from '../wire/revision.js';
import type { HeldSession } from '../session/client-session.js';
import type { UpstreamTarget } from './target.js';
import { UpstreamUnavailableError } from './unavailable.js';
import { sendTo, type OnBehalf } from './send-to.js';

/** Name of the header that carries a session's id (MCP 2025-11-25, Transports, "Session Management"). */
export const SESSION_HEADER = 'mcp-session-id';

/** What a server has said of itself. */
export interface ServerDescription {
  readonly capabilities: JsonObject;
  readonly instructions?: string;
}

/** A session at a server, and what the server has said at its beginning. */
export interface OpenedSession extends HeldSession {
  readonly description: ServerDescription;
}

/** For whom a session is opened, and how long that may take. */
export interface SessionOpening extends OnBehalf {
  readonly clientInfo: JsonObject;
  /** What the server may ask of the client. */
  readonly capabilities: JsonObject;
  readonly timeoutMs: number;
}

/** Headers of a POST in a session. */
export function sessionHeaders({ id, revision }: HeldSession): Record<string, string> {
  return {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': revision,
    ...(id !== undefined && { [SESSION_HEADER]: id }),
  };
}

/**
 * Headers of a GET in a session.
 *
 * @param last id of the event after which a stream is taken up, as its server has sent it: any text, which in a header is
 *   UTF-8 (WHATWG HTML, 9.2.2)
 */
export function streamHeaders(session: HeldSession, last?: string): Record<string, string> {
  const { 'content-type': _type, ...headers } = sessionHeaders(session);
  const own = { ...headers, accept: 'text/event-stream' };
  // What no header can carry is not the id of an event that its server knows.
  if (last === undefined || /\p{Cc}/u.test(last)) return own;
  return { ...own, 'last-event-id': Buffer.from(last, 'utf8').toString('latin1') };
}

/** Begins a session (MCP 2025-11-25, Lifecycle). @throws UpstreamUnavailableError */
export async function openSession(
  target: UpstreamTarget,
  { caller, context, clientInfo, capabilities, timeoutMs }: SessionOpening,
): Promise<OpenedSession> {
  const deadline = new Deadline(timeoutMs, context.departure);
  const [revision] = LEGACY_REVISIONS;
  try {
    const params = { protocolVersion: revision, capabilities, clientInfo };
    const { answer, headers, origin } = await sendTo(target, {
      method: 'POST',
      headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
      id: 0,
      caller,
      context,
      deadline,
    });
    const session = sessionIn(answer?.message, headers[SESSION_HEADER], origin);
    await sendTo(target, {
      method: 'POST',
      headers: sessionHeaders(session),
      body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }),
      pinned: origin,
      caller,
      context,
      deadline,
    });
    return session;
  } finally {
    deadline.clear();
  }
}

/** Ends a session. A server that does not want that, or is not there, is left alone. */
export async function endSession(
  target: UpstreamTarget,
  session: HeldSession,
  { caller, context }: OnBehalf,
): Promise<void> {
  if (session.id === undefined) return;
  const deadline = new Deadline(target.listTimeoutMs, context.departure);
  try {
    const { accept: _accept, 'content-type': _type, ...headers } = sessionHeaders(session);
    await sendTo(target, { method: 'DELETE', headers, pinned: session.origin, caller, context, deadline });
  } catch (error) {
    if (!(error instanceof UpstreamUnavailableError)) throw error;
  } finally {
    deadline.clear();
  }
}

function sessionIn(message: JsonObject | undefined, id: unknown, origin: string): OpenedSession {
  const result = message?.result;
  if (!isObject(result)) throw new UpstreamUnavailableError('it opens no session', false);
  const { protocolVersion: revision, capabilities, instructions } = result;
  if (typeof revision !== 'string' || !LEGACY_REVISIONS.includes(revision)) {
    throw new UpstreamUnavailableError('it speaks no revision that is served here', false);
  }
  return {
    origin,
    ...(typeof id === 'string' && { id }),
    revision,
    description: {
      capabilities: isObject(capabilities) ? capabilities : {},
      ...(typeof instructions === 'string' && { instructions }),
    },
  };
}
