import type { McpExchange } from '../exchange.js';
import type { ServerBackend } from '../federation/server-backend.js';
import type { UpstreamMessage } from '../upstream/send-to.js';
import { isNotification } from '../wire/json-rpc.js';

/** A notice of a server about a resource, with the URI under which its client knows it. All else as it is. */
export function renamed(
  message: UpstreamMessage,
  { catalog, caller }: McpExchange,
  backend: ServerBackend,
): UpstreamMessage {
  const { value } = message;
  if (!isNotification(value) || value.method !== 'notifications/resources/updated') return message;
  const { uri } = value.params ?? {};
  if (typeof uri !== 'string' || catalog.onlyServer !== undefined) return message;
  const as = catalog.nameOf('resources/list', { backend, name: uri }, caller);
  if (as === undefined || as === uri) return message;
  const named = { ...value, params: { ...value.params, uri: as } };
  return { ...message, value: named, text: JSON.stringify(named) };
}
