import type { TraceHeaders } from '@agentyard/runtime-kit';
import { ENVELOPE, LOG_LEVEL } from '../wire/envelope.js';
import { isObject, type JsonObject, type RpcId } from '../wire/json-rpc.js';
import { tracedMeta } from '../wire/message-trace.js';
import { encodedHeader, NAMED_BY } from '../wire/mirrored-headers.js';
import type { ParameterHeader } from '../federation/known-items.js';

/** The revision of the era without sessions that servers are asked in. */
export const UPSTREAM_REVISION = '2026-07-28';

/** Who sends a message of the era without sessions. */
export interface ModernSender {
  readonly clientInfo: JsonObject;
  readonly capabilities: JsonObject;
  /** From which level on log messages are wanted. @default - none are */
  readonly logLevel?: string;
  /** Where in a trace it is sent. @default - as the parameters say */
  readonly trace?: TraceHeaders | undefined;
}

/** A request, before its envelope. */
export interface ModernRequest {
  readonly id: RpcId;
  readonly method: string;
  readonly params: JsonObject;
}

/** A request as it is sent. */
export interface ModernMessage {
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A request of MCP 2026-07-28 with its envelope and its headers. */
export function modernMessage({ id, method, params }: ModernRequest, sender: ModernSender): ModernMessage {
  const sent = params._meta as JsonObject | undefined;
  const meta = {
    ...(sender.trace === undefined ? sent : tracedMeta(sent ?? {}, sender.trace)),
    [ENVELOPE.revision]: UPSTREAM_REVISION,
    [ENVELOPE.clientInfo]: sender.clientInfo,
    [ENVELOPE.clientCapabilities]: sender.capabilities,
    ...(sender.logLevel !== undefined && { [LOG_LEVEL]: sender.logLevel }),
  };
  return {
    method: 'POST',
    headers: modernHeaders(method, params),
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } }),
  };
}

/** What the headers of a request repeat of its body. */
export function modernHeaders(method: string, params: JsonObject): Record<string, string> {
  const headers: Record<string, string> = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': UPSTREAM_REVISION,
    'mcp-method': method,
  };
  const name = params[NAMED_BY.get(method) ?? ''];
  if (typeof name === 'string') headers['mcp-name'] = encodedHeader(name);
  return headers;
}

/** Headers that repeat arguments of a tool. An argument that is not there has none. */
export function argumentHeaders(wanted: readonly ParameterHeader[], params: JsonObject): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { argument, header } of wanted) {
    const value = argumentIn(params, argument);
    if (typeof value === 'string') headers[header] = encodedHeader(value);
    else if (typeof value === 'number' || typeof value === 'boolean') headers[header] = String(value);
  }
  return headers;
}

/** An argument of a tool; absent if it is not there. */
export function argumentIn(params: JsonObject, path: readonly string[]): unknown {
  let value: unknown = params.arguments;
  for (const member of path) value = isObject(value) && Object.hasOwn(value, member) ? value[member] : undefined;
  return value;
}
