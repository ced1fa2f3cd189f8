import type { McpExchange } from '../exchange.js';
import type { RelayedAnswer } from '../relay/relayed-answer.js';
import type { McpReply } from '../reply.js';
import { ERROR_CODES, isObject, RpcError, type RpcRequest } from '../wire/json-rpc.js';
import { promptOf } from './get-prompt.js';
import { answerOwned } from './owned-request.js';
import { resourceOf } from './read-resource.js';

/** Completes an argument of a prompt or resource template at the server that has it. @throws RpcError -32602 */
export async function complete(exchange: McpExchange, request: RpcRequest, reply: McpReply): Promise<RelayedAnswer> {
  const { params = {} } = request;
  const { ref } = params;
  if (!isObject(ref)) throw new RpcError(ERROR_CODES.invalidParams, 'params.ref must say what is completed');
  const isPrompt = ref.type === 'ref/prompt' && typeof ref.name === 'string';
  const owned = isPrompt ? await promptOf(exchange, String(ref.name)) : await resourceOf(exchange, ref.uri);
  const member = isPrompt ? 'name' : 'uri';
  const own = ref[member] === owned.name ? params : { ...params, ref: { ...ref, [member]: owned.name } };
  return answerOwned(exchange, { request, owned, params: own }, reply);
}
