import type { ClientSide } from '../client-side.js';
import { isNotification, isObject, isRequest, type JsonObject } from '../wire/json-rpc.js';
import type { UpstreamMessage } from '../upstream/send-to.js';
import { originalId, relayedId } from './relayed-id.js';

/** Levels of log messages, lowest first (RFC 5424, 6.2.1; MCP, Logging). */
export const LOG_LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

/** Notifications that may come before an answer in revisions without sessions. */
const OF_REQUESTS = new Set(['notifications/progress', 'notifications/message']);

/**
 * The text of a server's notification for a client; absent if it is not for this one.
 *
 * @param server whose requests a cancellation is about
 */
export function relayedNotification(
  { value, text }: UpstreamMessage,
  client: ClientSide,
  server: string,
): string | undefined {
  if (!isNotification(value)) return undefined;
  const { method, params } = value;
  if (client.era === 'modern' && !OF_REQUESTS.has(method)) return undefined;
  if (method === 'notifications/message' && !isWanted(params, client)) return undefined;
  if (method !== 'notifications/cancelled') return text;
  const { requestId } = params ?? {};
  if (typeof requestId !== 'string' && typeof requestId !== 'number') return undefined;
  return JSON.stringify({ ...value, params: { ...params, requestId: relayedId(server, requestId) } });
}

/** The text of a server's request for a client, with an id that names the server. */
export function relayedRequest({ value }: UpstreamMessage, server: string): string | undefined {
  if (!isRequest(value)) return undefined;
  const id = relayedId(server, value.id);
  const meta = value.params?._meta;
  const token = isObject(meta) ? meta.progressToken : undefined;
  if (typeof token !== 'string' && typeof token !== 'number') return JSON.stringify({ ...value, id });
  const _meta = { ...(meta as JsonObject), progressToken: relayedId(server, token) };
  return JSON.stringify({ ...value, id, params: { ...value.params, _meta } });
}

/** A client's notification about a server's request, for that server; absent if it is about none. */
export function returnedNotification(
  message: JsonObject,
): { readonly server: string; readonly text: string } | undefined {
  const params = isObject(message.params) ? message.params : {};
  const member = message.method === 'notifications/progress' ? 'progressToken' : 'requestId';
  const original = originalId(params[member]);
  if (original === undefined) return undefined;
  const text = JSON.stringify({ ...message, params: { ...params, [member]: original.id } });
  return { server: original.server, text };
}

/** A session of the legacy era has set its level at the server itself. */
function isWanted(params: JsonObject | undefined, { era, logLevel }: ClientSide): boolean {
  if (logLevel === undefined) return era === 'legacy';
  return LOG_LEVELS.indexOf(String(params?.level)) >= LOG_LEVELS.indexOf(logLevel);
}
