import type { ServerResponse } from 'node:http';
import type { McpExchange } from '../exchange.js';
import { placeOf } from '../relay/event-ids.js';
import { McpReply } from '../reply.js';
import type { ClientSession } from '../session/client-session.js';
import { sessionNotFound } from '../session/session-not-found.js';
import { ERROR_CODES, RpcError } from '../wire/json-rpc.js';
import { acceptable } from '../wire/media-types.js';
import { resumeRequestStream } from './request-stream.js';
import { answerSessionStream } from './session-stream.js';

/**
 * Answers GET in a session: with the stream of the session, at the replica where it began, or with the rest of the
 * stream of one request, at any.
 */
export function answerGet(exchange: McpExchange, session: ClientSession, response: ServerResponse): Promise<void> {
  const accepts = acceptable(exchange.headers);
  if (!accepts.events) throw new RpcError(ERROR_CODES.server, 'Accept text/event-stream', undefined, 406);
  exchange.countStream();
  const { 'last-event-id': last } = exchange.headers;
  const place = typeof last === 'string' ? placeOf(last) : undefined;
  const replied = (): McpReply => new McpReply(response, accepts, exchange.context.audit);
  if (place?.kind === 'request') {
    return resumeRequestStream(exchange, session, place, replied());
  }
  if (session.home !== exchange.services.peers.self) return fromOwner(exchange, session);
  return answerSessionStream(exchange, session, place, replied());
}

/** @throws AnsweredElsewhere; RpcError with status 404 if the replica where the session began is gone */
async function fromOwner(exchange: McpExchange, session: ClientSession): Promise<never> {
  await exchange.toOwner(session.home);
  throw sessionNotFound();
}
