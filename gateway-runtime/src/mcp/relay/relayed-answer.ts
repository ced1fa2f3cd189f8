import type { EventMarks } from '@agentyard/runtime-kit';
import { completed, uncached } from '../server-description.js';
import { SERVER_INFO } from '../wire/envelope.js';
import type { McpExchange } from '../exchange.js';
import type { Backend } from '../federation/catalog.js';
import { isObject, type JsonObject } from '../wire/json-rpc.js';
import { asReceived, type JsonText } from '../wire/json-text.js';
import { withMeta } from '../wire/splice.js';
import type { UpstreamAnswer } from '../upstream/send-to.js';
import type { ForwardedRequest } from './forward-request.js';

/** What a client gets. */
export interface RelayedAnswer {
  /** The response; absent if it comes in another stream, or nobody waits for it. */
  readonly json?: JsonText;
  readonly status?: number;
  readonly marks?: EventMarks;
  /** What the response says, for the audit line: the code of an error, or whether a tool has failed. */
  readonly note: { readonly rpcError?: number; readonly isError?: boolean; readonly reason?: string };
}

/** Methods whose results say how long they may be kept (MCP 2026-07-28, Caching). */
const CACHED = new Set(['resources/read']);

/** A server's answer for the client. In the client's own era it is passed on as it came, but for the name of who answers. */
export function relayed(
  answer: UpstreamAnswer,
  era: 'modern' | 'legacy',
  { id, method, backend }: Pick<ForwardedRequest, 'id' | 'method' | 'backend'>,
  { client, serverInfo, serverInfoJson }: McpExchange,
): RelayedAnswer {
  const { message } = answer;
  const sameId = message.id === id;
  if (isObject(message.error)) {
    const note = { rpcError: Number(message.error.code) };
    return { json: sameId ? asReceived(answer) : JSON.stringify({ ...message, id }), note };
  }
  const sent = message.result as JsonObject;
  const result = CACHED.has(method) ? forReader(sent, backend) : sent;
  const note = method === 'tools/call' ? { isError: result.isError === true } : {};
  if (client.era === 'legacy') {
    const json =
      era === 'legacy' && sameId ? asReceived(answer) : JSON.stringify({ ...message, id, result: withoutHop(result) });
    return { json, note };
  }
  if (era === 'legacy') {
    const own = CACHED.has(method) ? uncached(result, serverInfo) : completed(result, serverInfo);
    return { json: JSON.stringify({ ...message, id, result: own }), note };
  }
  const isAsSent = sameId && result === sent && result.resultType !== undefined;
  const spliced = isAsSent ? withMeta(answer, result, SERVER_INFO, serverInfoJson) : undefined;
  return { json: spliced ?? JSON.stringify({ ...message, id, result: withOwnName(result, serverInfo) }), note };
}

/** What not everybody may read is nobody's to share, whatever its server says of it. */
function forReader(result: JsonObject, backend: Backend): JsonObject {
  if (result.cacheScope !== 'public' || (backend.kind === 'server' && backend.isReadable)) return result;
  return { ...result, cacheScope: 'private' };
}

function withOwnName(result: JsonObject, serverInfo: McpExchange['serverInfo']): JsonObject {
  const _meta = { ...(result._meta as JsonObject | undefined), [SERVER_INFO]: serverInfo };
  return { ...result, resultType: result.resultType ?? 'complete', _meta };
}

/** Without what belongs to a hop of the other era. */
function withoutHop({ resultType: _resultType, _meta, ...rest }: JsonObject): JsonObject {
  if (!isObject(_meta)) return rest;
  const meta = Object.fromEntries(Object.entries(_meta).filter(([key]) => key !== SERVER_INFO));
  return Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
}
