import { SERVER_INFO } from './envelope.js';
import type { McpExchange } from './exchange.js';
import { isObject, type JsonObject, type RpcId } from './json-rpc.js';
import { completed } from './server-description.js';
import { withMember } from './splice.js';
import type { UpstreamAnswer } from './upstream.js';

/**
 * A toolset's response for the client. In the era of the toolset it is passed on as it came, but for the name of who
 * answers; a client of the other era gets no members of the hop to the toolset.
 */
export function passedAnswer(
  { message, bytes }: UpstreamAnswer,
  id: RpcId,
  { era, serverInfo, serverInfoJson, context: { audit } }: McpExchange,
  toolset: string,
): Buffer | string {
  if (isObject(message.error)) {
    audit.note({ rpcError: Number(message.error.code) });
    return message.id === id ? bytes : JSON.stringify({ ...message, id });
  }
  const result = message.result as JsonObject;
  if (result.resultType !== undefined && result.resultType !== 'complete') {
    const text = `The toolset "${toolset}" answered with a kind of result that this gateway does not pass on.`;
    return failedCall(text, id, { era, serverInfo, context: { audit } });
  }
  audit.note({ isError: result.isError === true });
  if (era === 'modern') {
    const spliced =
      result.resultType === undefined ? undefined : withMember(bytes, result._meta, SERVER_INFO, serverInfoJson);
    return spliced ?? JSON.stringify({ ...message, result: withOwnName(result, serverInfo) });
  }
  return JSON.stringify({ ...message, result: withoutHop(result) });
}

/** A tool result that says why there is none. */
export function failedCall(
  text: string,
  id: RpcId,
  {
    era,
    serverInfo,
    context: { audit },
  }: Pick<McpExchange, 'era' | 'serverInfo'> & { context: Pick<McpExchange['context'], 'audit'> },
): string {
  audit.note({ isError: true });
  const result = { content: [{ type: 'text', text }], isError: true };
  return JSON.stringify({ jsonrpc: '2.0', id, result: era === 'modern' ? completed(result, serverInfo) : result });
}

function withOwnName(result: JsonObject, serverInfo: McpExchange['serverInfo']): JsonObject {
  return { ...result, resultType: 'complete', _meta: { ...(result._meta as JsonObject), [SERVER_INFO]: serverInfo } };
}

function withoutHop({ resultType: _resultType, _meta, ...rest }: JsonObject): JsonObject {
  if (!isObject(_meta)) return rest;
  const meta = Object.fromEntries(Object.entries(_meta).filter(([key]) => key !== SERVER_INFO));
  return Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
}
