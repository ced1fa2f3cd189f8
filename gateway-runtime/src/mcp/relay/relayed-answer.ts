import type { EventMarks } from '@agentyard/runtime-kit';
import { completed, uncached } from '../server-description.js';
import { SERVER_INFO } from '../wire/envelope.js';
import type { McpExchange } from '../exchange.js';
import type { Backend } from '../federation/catalog.js';
import { isObject, type JsonObject } from '../wire/json-rpc.js';
import { asReceived, type JsonText } from '../wire/json-text.js';
import { withMeta } from '../wire/splice.js';
import { whole, type UpstreamAnswer } from '../upstream/send-to.js';
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
  request: RelayedRequest,
  exchange: McpExchange,
): RelayedAnswer {
  const json = passedOn(answer, era, request, exchange) ?? rewritten(whole(answer), era, request, exchange);
  return { json, note: noteOf(answer.message, request.method) };
}

type RelayedRequest = Pick<ForwardedRequest, 'id' | 'method' | 'backend'>;

function noteOf({ error, result }: JsonObject, method: string): RelayedAnswer['note'] {
  if (isObject(error)) return { rpcError: Number(error.code) };
  return method === 'tools/call' ? { isError: (result as JsonObject).isError === true } : {};
}

/** The answer without it being written anew; absent if more has to change in it than who answers, or it is not certain where. */
function passedOn(
  answer: UpstreamAnswer,
  era: 'modern' | 'legacy',
  { id, method, backend }: RelayedRequest,
  { client, serverInfoJson }: McpExchange,
): JsonText | undefined {
  const { message } = answer;
  if (message.id !== id) return undefined;
  if (isObject(message.error)) return asReceived(answer);
  if (era !== client.era) return undefined;
  if (era === 'legacy') return asReceived(answer);
  const result = message.result as JsonObject;
  if (result.resultType === undefined || forReader(result, method, backend) !== result) return undefined;
  return withMeta(answer, result, SERVER_INFO, serverInfoJson);
}

function rewritten(
  message: JsonObject,
  era: 'modern' | 'legacy',
  { id, method, backend }: RelayedRequest,
  { client, serverInfo }: McpExchange,
): string {
  if (isObject(message.error)) return JSON.stringify({ ...message, id });
  const result = forReader(message.result as JsonObject, method, backend);
  if (client.era === 'legacy') return JSON.stringify({ ...message, id, result: withoutHop(result) });
  if (era === 'modern') return JSON.stringify({ ...message, id, result: withOwnName(result, serverInfo) });
  const own = CACHED.has(method) ? uncached(result, serverInfo) : completed(result, serverInfo);
  return JSON.stringify({ ...message, id, result: own });
}

/** What not everybody may read is nobody's to share, whatever its server says of it. */
function forReader(result: JsonObject, method: string, backend: Backend): JsonObject {
  if (!CACHED.has(method) || result.cacheScope !== 'public' || (backend.kind === 'server' && backend.isReadable))
    return result;
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
