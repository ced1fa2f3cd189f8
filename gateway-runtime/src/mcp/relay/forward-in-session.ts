import { randomUUID } from 'node:crypto';
import type { EventMarks } from '@agentyard/runtime-kit';
import { Deadline } from '../../deadline.js';
import type { McpExchange } from '../exchange.js';
import type { ServerBackend } from '../federation/server-backend.js';
import type { McpReply } from '../reply.js';
import type { HeldSession } from '../session/client-session.js';
import { completed } from '../server-description.js';
import { SessionGoneError } from '../upstream/unavailable.js';
import type { UpstreamMessage } from '../upstream/send-to.js';
import { tracedParams } from '../wire/message-trace.js';
import { isRequest, type JsonObject } from '../wire/json-rpc.js';
import { comesBack } from '../wire/revision.js';
import { sessionNotFound } from '../session/session-not-found.js';
import { refuseOtherArguments } from './argument-headers.js';
import { eventIdOf } from './event-ids.js';
import type { ForwardedRequest } from './forward-request.js';
import { HeldCall, INPUT_TIMEOUT_MS, refusalOf } from './held-call.js';
import { relayedNotification, relayedRequest } from './notifications.js';
import { renamed } from './renamed-resource.js';
import { relayed, type RelayedAnswer } from './relayed-answer.js';
import { callInSession, cancelInSession, sendInSession } from './session-call.js';

/** A request for a server of others. */
export type ServerRequest = ForwardedRequest & { readonly backend: ServerBackend };

/** Distinguishes the calls of all clients of a user in the session that they share. */
const CALLS = randomUUID();
let calls = 0;

/** Sends a request to a server with sessions. */
export async function forwardInSession(
  exchange: McpExchange,
  request: ServerRequest,
  reply: McpReply,
): Promise<RelayedAnswer> {
  const held = exchange.client.session?.held[request.backend.target.name];
  if (held !== undefined) return inOwnSession(exchange, request, held, reply);
  return inPooledSession(exchange, request, reply);
}

/** The session at the server belongs to that of the client: all passes, and is resumed by the client itself. */
async function inOwnSession(
  exchange: McpExchange,
  request: ServerRequest,
  session: HeldSession,
  reply: McpReply,
): Promise<RelayedAnswer> {
  const { services, client, caller, context } = exchange;
  const { backend, id, method, timeoutMs } = request;
  const params = tracedParams(request.params, context.trace);
  const { target } = backend;
  const deadline = new Deadline(timeoutMs, context.departure);
  let isCancelled = false;
  const done = services.inFlight.add(client.session?.key ?? '', id, () => {
    isCancelled = true;
    cancelInSession(target, session, id, { caller, context });
    deadline.abort(new Error('the client has cancelled it'));
  });
  const onMessage = (message: UpstreamMessage) => passInSession(message, exchange, request, session, reply, deadline);
  try {
    const behalf = { caller, context, audit: context.audit };
    // Who would not come back for the answer gets it in this stream.
    const resumes = !reply.takesEvents || !comesBack(client.revision);
    const call = { session, id, method, params, ...behalf, deadline, onMessage, resumes, isPassedOn: true };
    const answer = await callInSession(target, call);
    if (answer === undefined) return { note: {} };
    const marks = answer.eventId === undefined ? undefined : { id: eventId(request, answer.eventId) };
    return { ...relayed(answer, 'legacy', request, exchange), ...(marks !== undefined && { marks }) };
  } catch (error) {
    if (isCancelled) return { note: { reason: 'cancelled' } };
    if (error instanceof SessionGoneError) throw sessionNotFound();
    throw error;
  } finally {
    done();
    deadline.clear();
  }
}

function passInSession(
  message: UpstreamMessage,
  exchange: McpExchange,
  request: ServerRequest,
  session: HeldSession,
  reply: McpReply,
  deadline: Deadline,
): Promise<void> | undefined {
  const { client, caller, context } = exchange;
  const { backend } = request;
  const { value, retry } = message;
  const { name } = backend.target;
  if (!reply.takesEvents) return undefined;
  const id = message.eventId === undefined ? undefined : eventId(request, message.eventId);
  const marks = { ...(id !== undefined && { id }), ...(retry !== undefined && { retry }) };
  if (isRequest(value)) {
    const refusal = refusalOf(value, backend);
    if (refusal !== undefined) {
      const refused = sendInSession(backend.target, session, refusal, { caller, context });
      return refused.then(() => passMarks(reply, marks));
    }
    deadline.extend(Math.max(INPUT_TIMEOUT_MS, backend.target.timeoutMs));
    return reply.notify(relayedRequest(message, name) ?? '', marks);
  }
  const relayedText = relayedNotification(renamed(message, exchange, backend), client, name);
  return relayedText === undefined ? passMarks(reply, marks) : reply.notify(relayedText, marks);
}

/** Passes on where in a stream an event is that has nothing for the client: the next one may be the end. */
export function passMarks(reply: McpReply, marks: EventMarks): Promise<void> | undefined {
  return marks.id === undefined && marks.retry === undefined ? undefined : reply.notify('', marks);
}

/** A client without a session, or one for which the server was too late: the user's session of this gateway is used. */
async function inPooledSession(exchange: McpExchange, request: ServerRequest, reply: McpReply): Promise<RelayedAnswer> {
  const { services, client, caller, context } = exchange;
  const { backend } = request;
  const behalf = { caller, context };
  // A client of the legacy era has no way to answer what is asked in a session that is not its own.
  const mayAsk = client.era === 'modern';
  const side = mayAsk ? client : { ...client, capabilities: {} };
  if (client.era === 'modern' && request.method === 'tools/call') {
    await refuseOtherArguments(exchange, backend, request.params);
  }
  const opening = services.profiles.openingFor(backend, side, behalf);
  for (let isFirst = true; ; isFirst = false) {
    const session = await services.pool.sessionFor(backend.target, opening);
    const id = `${CALLS}-${(calls += 1)}`;
    const { method, timeoutMs } = request;
    const call = new HeldCall({
      backend,
      session,
      id,
      method,
      params: tracedParams(request.params, context.trace),
      timeoutMs,
      behalf: { ...behalf, audit: context.audit },
      mayAsk,
    });
    call.onEnd(services.pool.begin(session));
    call.begin();
    try {
      return await continued(exchange, call, request, reply);
    } catch (error) {
      if (!(error instanceof SessionGoneError)) throw error;
      services.pool.drop(backend.target, opening, session);
      if (!isFirst) throw error;
    }
  }
}

/** What a call at a server with sessions comes to, for a client without one: its answer, or what the server asks. */
export async function continued(
  exchange: McpExchange,
  call: HeldCall,
  request: ForwardedRequest,
  reply: McpReply,
): Promise<RelayedAnswer> {
  const { services, client, caller, context, serverInfo } = exchange;
  let isCancelled = false;
  const cancel = (): void => {
    isCancelled = true;
    call.cancel('the client has cancelled it');
  };
  const done = client.session && services.inFlight.add(client.session.key, request.id, cancel);
  const deliver = (message: UpstreamMessage): Promise<void> | undefined => {
    const text = reply.takesEvents ? relayedNotification(message, client, request.backend.target.name) : undefined;
    return text === undefined ? undefined : reply.notify(text);
  };
  try {
    const step = await call.next(deliver, context.departure);
    if (step.kind === 'answer') return relayed(step.answer, 'legacy', request, exchange);
    const required: JsonObject = {
      inputRequests: step.asks,
      requestState: services.held.keep(call, caller),
    };
    const result = { ...completed(required, serverInfo), resultType: 'input_required' };
    return { json: JSON.stringify({ jsonrpc: '2.0', id: request.id, result }), note: {} };
  } catch (error) {
    if (isCancelled) return { note: {} };
    throw error;
  } finally {
    done?.();
  }
}

function eventId({ id, backend }: ServerRequest, last: string): string {
  return eventIdOf({ kind: 'request', requestId: id, last: { [backend.target.name]: last } });
}
