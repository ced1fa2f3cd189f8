import type { IncomingHttpHeaders } from 'node:http';
import type { McpExchange } from '../exchange.js';
import { learn } from '../federation/gather.js';
import type { ServerBackend } from '../federation/server-backend.js';
import { argumentIn } from '../upstream/modern-message.js';
import type { JsonObject } from '../wire/json-rpc.js';
import { refuseOtherArgument } from '../wire/mirrored-headers.js';

/**
 * Refuses a call whose headers repeat its arguments wrongly, or not at all, for a server that might not: one of the
 * other era cannot (MCP 2026-07-28, Streamable HTTP, "Custom Headers from Tool Parameters").
 *
 * @throws RpcError -32020
 */
export async function refuseOtherArguments(
  exchange: McpExchange,
  backend: ServerBackend,
  params: JsonObject,
): Promise<void> {
  const known = backend.knownTo(exchange.caller);
  if (known.isStale('tools/list')) await learn(exchange, backend, 'tools/list');
  for (const { argument, header } of known.parameterHeaders(String(params.name))) {
    refuseOtherArgument(exchange.headers, header, argumentIn(params, argument));
  }
}

/** Whether headers repeat any argument of a tool. */
export function repeatsArguments(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => name.startsWith('mcp-param-'));
}
