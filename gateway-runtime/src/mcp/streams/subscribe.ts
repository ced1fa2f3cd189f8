import type { McpExchange } from '../exchange.js';
import type { RequestAnswer } from '../methods/answer-request.js';
import { answerOwned } from '../methods/owned-request.js';
import { resourceOf } from '../methods/read-resource.js';
import type { McpReply } from '../reply.js';
import { sessionNotFound } from '../session/session-not-found.js';
import { ERROR_CODES, RpcError, type RpcRequest } from '../wire/json-rpc.js';

/**
 * Subscribes a session to a resource, or ends that (MCP 2025-11-25, Resources, "Subscriptions"): at a server with a
 * session of its own, else here, for the session's stream.
 *
 * @throws RpcError -32602; -32000 without a session; with status 404 if the replica with its stream is gone
 */
export async function subscribe(exchange: McpExchange, request: RpcRequest, reply: McpReply): Promise<RequestAnswer> {
  const { services, client, context } = exchange;
  const { session } = client;
  const { id, method, params = {} } = request;
  if (session === undefined) throw new RpcError(ERROR_CODES.server, 'A subscription needs a session', undefined, 400);
  const owned = await resourceOf(exchange, params.uri);
  const { target } = owned.backend;
  if (session.held[target.name] !== undefined) {
    return answerOwned(exchange, { request, owned, params: { ...params, uri: owned.name } }, reply);
  }
  context.audit.allow();
  await exchange.toOwner(session.home);
  if (session.home !== services.peers.self) throw sessionNotFound();
  if (method === 'resources/unsubscribe') services.subscriptions.remove(session.key, target.name, owned.name);
  else if (!services.subscriptions.add(session.key, target.name, owned.name, String(params.uri))) {
    throw new RpcError(ERROR_CODES.server, 'The session has too many subscriptions');
  }
  return { json: JSON.stringify({ jsonrpc: '2.0', id, result: {} }), note: {} };
}
