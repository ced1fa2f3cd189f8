import type { McpExchange } from '../exchange.js';
import type { Owned } from '../federation/catalog.js';
import type { ServerBackend } from '../federation/server-backend.js';
import { resolve } from '../federation/resolve.js';
import type { RelayedAnswer } from '../relay/relayed-answer.js';
import type { McpReply } from '../reply.js';
import { ERROR_CODES, RpcError, type RpcRequest } from '../wire/json-rpc.js';
import { answerOwned, loggedName, refuseUnknown } from './owned-request.js';

/** Gets a prompt from the server that has it. @throws RpcError -32602 for one that is not offered to the caller */
export async function getPrompt(exchange: McpExchange, request: RpcRequest, reply: McpReply): Promise<RelayedAnswer> {
  const { params = {} } = request;
  const { name } = params;
  if (typeof name !== 'string') throw new RpcError(ERROR_CODES.invalidParams, 'params.name must be a string');
  const owned = await promptOf(exchange, name);
  const own = owned.name === name ? params : { ...params, name: owned.name };
  return answerOwned(exchange, { request, owned, params: own }, reply);
}

/** The prompt of an offered name. @throws RpcError -32602 */
export async function promptOf(exchange: McpExchange, name: string): Promise<Owned<ServerBackend>> {
  const owned = await resolve(exchange, 'prompts/list', name);
  if (owned?.backend.kind !== 'server') return refuseUnknown(exchange, false, 'prompt', name);
  const { backend } = owned;
  exchange.context.audit.note({ server: backend.target.name, prompt: loggedName(name) });
  if (!backend.mayPrompt(exchange.caller)) return refuseUnknown(exchange, true, 'prompt', name);
  return { backend, name: owned.name };
}
