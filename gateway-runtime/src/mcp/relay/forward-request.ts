import { AskedBackend } from '../upstream/asked-backend.js';
import type { Backend } from '../federation/catalog.js';
import type { McpExchange } from '../exchange.js';
import type { McpReply } from '../reply.js';
import type { JsonObject, RpcId } from '../wire/json-rpc.js';
import type { RelayedAnswer } from './relayed-answer.js';
import { forwardInSession, type ServerRequest } from './forward-in-session.js';
import { forwardModern } from './forward-modern.js';

/** A client's request for one backend, with the names that things have there. */
export interface ForwardedRequest {
  readonly backend: Backend;
  readonly id: RpcId;
  readonly method: string;
  readonly params: JsonObject;
  /** Time that is left for it, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether this is what the client has sent, word by word. */
  readonly isVerbatim?: boolean;
}

/**
 * Sends a request on, in the era of its server, and passes on what comes before the answer.
 *
 * @throws UpstreamUnavailableError if there is no answer; RpcError for what cannot cross from one era to the other
 */
export async function forwardRequest(
  exchange: McpExchange,
  request: ForwardedRequest,
  reply: McpReply,
): Promise<RelayedAnswer> {
  const asked = new AskedBackend(exchange, request.backend, request.method, request.params.name);
  try {
    const answer = await forwardInEra(asked.exchange, request, reply);
    asked.answered(answer.note);
    return answer;
  } catch (error) {
    asked.failed(error);
    throw error;
  }
}

function forwardInEra(exchange: McpExchange, request: ForwardedRequest, reply: McpReply): Promise<RelayedAnswer> {
  const { backend } = request;
  if (backend.kind === 'toolset') return forwardModern(exchange, request, reply);
  return forwardToServer(exchange, { ...request, backend }, reply);
}

async function forwardToServer(exchange: McpExchange, request: ServerRequest, reply: McpReply): Promise<RelayedAnswer> {
  const { backend } = request;
  const { services, client, caller, context } = exchange;
  // A session at the server tells its era.
  if (client.session?.held[backend.target.name] === undefined) {
    const { era } = await services.profiles.profileOf(backend, client, { caller, context });
    if (era === 'modern') return forwardModern(exchange, request, reply);
  }
  return forwardInSession(exchange, request, reply);
}
