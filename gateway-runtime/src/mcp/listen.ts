import { SERVER_INFO, SUBSCRIPTION_ID } from './envelope.js';
import { ERROR_CODES, isObject, RpcError, type JsonObject, type RpcRequest } from './json-rpc.js';
import type { McpReply } from './reply.js';
import type { ServerInfo } from './server-description.js';

/**
 * Answers `subscriptions/listen` (MCP 2026-07-28, Subscriptions): none of what may be listened to changes here, so the
 * acknowledgement promises nothing, and the stream ends with it.
 *
 * @throws RpcError -32602; with status 406 for a client that takes no events
 */
export async function listen({ id, params }: RpcRequest, server: ServerInfo, reply: McpReply): Promise<JsonObject> {
  if (!isFilter(params?.notifications)) {
    throw new RpcError(ERROR_CODES.invalidParams, 'params.notifications must say what to listen to');
  }
  if (!reply.takesEvents) throw new RpcError(ERROR_CODES.server, 'Accept text/event-stream', undefined, 406);
  const _meta = { [SUBSCRIPTION_ID]: id };
  const method = 'notifications/subscriptions/acknowledged';
  await reply.notify(JSON.stringify({ jsonrpc: '2.0', method, params: { notifications: {}, _meta } }));
  return { resultType: 'complete', _meta: { ..._meta, [SERVER_INFO]: server } };
}

function isFilter(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { toolsListChanged, promptsListChanged, resourcesListChanged, resourceSubscriptions: uris } = value;
  const flags = [toolsListChanged, promptsListChanged, resourcesListChanged];
  if (!flags.every((flag) => flag === undefined || typeof flag === 'boolean')) return false;
  return uris === undefined || (Array.isArray(uris) && uris.every((uri) => typeof uri === 'string'));
}
