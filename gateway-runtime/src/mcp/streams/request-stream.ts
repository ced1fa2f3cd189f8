import type { McpExchange } from '../exchange.js';
import { mayUseSome } from '../federation/catalog.js';
import { noteUnavailable } from '../methods/owned-request.js';
import { eventIdOf, type EventPlace } from '../relay/event-ids.js';
import type { McpReply } from '../reply.js';
import type { ClientSession } from '../session/client-session.js';
import { sessionNotFound } from '../session/session-not-found.js';
import { SessionGoneError, UpstreamUnavailableError } from '../upstream/unavailable.js';
import { isAnswerTo, type UpstreamMessage } from '../upstream/send-to.js';
import { ERROR_CODES, isResponse, RpcError } from '../wire/json-rpc.js';
import { followSession, type SessionFeed } from './follow-session.js';
import { passMessage } from './pass-message.js';

type RequestPlace = Extract<EventPlace, { readonly kind: 'request' }>;

/**
 * The rest of the stream of one request, from the server that it was sent to. It ends with the answer, or with an error
 * that says why there is none; with neither when this replica ends: then it is taken up again at another one.
 */
export async function resumeRequestStream(
  exchange: McpExchange,
  session: ClientSession,
  place: RequestPlace,
  reply: McpReply,
): Promise<void> {
  const [[name, last] = ['', '']] = Object.entries(place.last);
  const backend = exchange.catalog.servers.find(({ target }) => target.name === name);
  const held = session.held[name];
  if (backend === undefined || held === undefined || !mayUseSome(backend, exchange.caller)) {
    return end(exchange, place, sessionNotFound(), reply);
  }
  // A client whose connection breaks before the next event comes back here.
  await reply.notify('', { id: eventIdOf(place) });
  const feed = { backend, session: held, last };
  try {
    const answer = await answerIn(exchange, feed, place, reply);
    if (answer === undefined) return reply.close();
    const { eventId, text } = answer;
    reply.end(text, 200, eventId === undefined ? undefined : { id: eventIdOf(placeAt(place, feed, eventId)) });
  } catch (error) {
    if (!(error instanceof UpstreamUnavailableError)) throw error;
    const isGone = error instanceof SessionGoneError;
    const fault = isGone
      ? sessionNotFound()
      : new RpcError(ERROR_CODES.internal, noteUnavailable(exchange, { backend }, error));
    end(exchange, place, fault, reply);
  }
}

/** @returns absent if the stream is left. @throws UpstreamUnavailableError if the answer does not come any more */
async function answerIn(
  exchange: McpExchange,
  feed: SessionFeed,
  place: RequestPlace,
  reply: McpReply,
): Promise<UpstreamMessage | undefined> {
  const { requestId } = place;
  const stream = exchange.services.streams.open(exchange.context.departure);
  let answer: UpstreamMessage | undefined;
  const take = (message: UpstreamMessage): Promise<void> | undefined => {
    const { value, eventId } = message;
    const isAnswer = requestId === undefined ? isResponse(value) : isAnswerTo(requestId, value);
    if (!isAnswer) {
      const at = eventId === undefined ? undefined : placeAt(place, feed, eventId);
      return passMessage(exchange, feed, message, at, reply);
    }
    answer ??= message;
    stream.end();
    return undefined;
  };
  try {
    const left = await followSession(exchange, feed, take, stream.signal);
    if (answer === undefined && left !== undefined) throw left;
    return answer;
  } finally {
    stream.close();
  }
}

function placeAt({ requestId }: RequestPlace, { backend }: SessionFeed, eventId: string): RequestPlace {
  return { kind: 'request', requestId, last: { [backend.target.name]: eventId } };
}

function end({ context }: McpExchange, { requestId }: RequestPlace, fault: RpcError, reply: McpReply): void {
  context.audit.note({ rpcError: fault.code });
  reply.open();
  reply.end(JSON.stringify(fault.toMessage(requestId ?? null)));
}
