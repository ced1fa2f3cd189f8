import type { Era } from './cell';
import type { HttpMessage } from './http-request';
import { CALL_ARGUMENTS } from './known-tools';

/** Protocol revision without sessions. */
export const MODERN: Era = '2026-07-28';

/** Protocol revision with sessions. */
export const LEGACY: Era = '2025-11-25';

const CLIENT_INFO = { name: 'bench', version: '1.0.0' };

/** Path of every MCP endpoint. */
export const MCP_PATH = '/mcp';

/** Path at which the upstream has sessions and nothing else. */
export const SESSIONS_PATH = '/sessions';

/** The request that lists the tools. */
export function listMessage(era: Era, id: number): HttpMessage {
  return requestMessage(era, id, 'tools/list', {});
}

/** The request that calls a tool. */
export function callMessage(era: Era, id: number, name: string, meta: object): HttpMessage {
  const params = { name, arguments: CALL_ARGUMENTS, ...(Object.keys(meta).length > 0 && { _meta: meta }) };
  return requestMessage(era, id, 'tools/call', params);
}

/** The request that waits for changes, in the era without sessions. */
export function listenMessage(id: number): HttpMessage {
  return requestMessage(MODERN, id, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
}

/** What begins a session. */
export function initializeMessage(era: Era, id: number): HttpMessage {
  const params = { protocolVersion: era, capabilities: {}, clientInfo: CLIENT_INFO };
  return { path: MCP_PATH, headers: {}, body: { jsonrpc: '2.0', id, method: 'initialize', params } };
}

/** What a client says when it has seen the answer to {@link initializeMessage}. */
export function initializedMessage(era: Era): HttpMessage {
  return {
    path: MCP_PATH,
    headers: { 'mcp-protocol-version': era },
    body: { jsonrpc: '2.0', method: 'notifications/initialized' },
  };
}

type Params = Readonly<Record<string, unknown>>;

function requestMessage(era: Era, id: number, method: string, params: Params): HttpMessage {
  const body = { jsonrpc: '2.0', id, method, params: era === MODERN ? inEnvelope(params) : params };
  const headers = { 'mcp-protocol-version': era, ...(era === MODERN && mirrored(method, params)) };
  return { path: MCP_PATH, headers, body };
}

/** Headers that repeat what the body says. */
function mirrored(method: string, { name }: Params): Record<string, string> {
  return { 'mcp-method': method, ...(typeof name === 'string' && { 'mcp-name': name }) };
}

function inEnvelope(params: Params): Params {
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return { ...params, _meta: { ...(params._meta as object | undefined), ...envelope } };
}
