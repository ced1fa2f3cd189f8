import type { McpExchange } from '../exchange.js';
import type { Owned } from '../federation/catalog.js';
import type { ServerBackend } from '../federation/server-backend.js';
import { resolveResource } from '../federation/resolve.js';
import type { RelayedAnswer } from '../relay/relayed-answer.js';
import type { McpReply } from '../reply.js';
import { ERROR_CODES, RpcError, type RpcRequest } from '../wire/json-rpc.js';
import { answerOwned, refuseUnknown } from './owned-request.js';

/** Reads a resource of the server that has it. @throws RpcError -32602 for one that is not offered to the caller */
export async function readResource(
  exchange: McpExchange,
  request: RpcRequest,
  reply: McpReply,
): Promise<RelayedAnswer> {
  const { params = {} } = request;
  const { uri } = params;
  const owned = await resourceOf(exchange, uri);
  const own = owned.name === uri ? params : { ...params, uri: owned.name };
  return answerOwned(exchange, { request, owned, params: own }, reply);
}

/** The resource of an offered URI. @throws RpcError -32602 */
export async function resourceOf(exchange: McpExchange, uri: unknown): Promise<Owned<ServerBackend>> {
  if (typeof uri !== 'string') throw new RpcError(ERROR_CODES.invalidParams, 'params.uri must be a string');
  const owned = await resolveResource(exchange, uri);
  if (owned === undefined) return refuseUnknown(exchange, false, 'resource', uri, { uri });
  exchange.context.audit.note({ server: owned.backend.target.name });
  return owned;
}
