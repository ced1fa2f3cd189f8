import type { McpExchange } from '../exchange.js';
import type { RelayedAnswer } from '../relay/relayed-answer.js';
import { completed } from '../server-description.js';
import type { JsonObject, RpcRequest } from '../wire/json-rpc.js';

/** A tool result of the gateway's own. */
export function toolResult(
  result: JsonObject,
  id: RpcRequest['id'],
  { client, serverInfo }: McpExchange,
): RelayedAnswer {
  const own = client.era === 'modern' ? completed(result, serverInfo) : result;
  return { json: JSON.stringify({ jsonrpc: '2.0', id, result: own }), note: { isError: result.isError === true } };
}

/** A tool result that says why there is none. */
export function failedCall(text: string, id: RpcRequest['id'], exchange: McpExchange): RelayedAnswer {
  return toolResult({ content: [{ type: 'text', text }], isError: true }, id, exchange);
}
