import type { McpExchange } from '../exchange.js';
import { LOG_LEVELS } from '../relay/notifications.js';
import { callInSession } from '../relay/session-call.js';
import { Deadline } from '../../deadline.js';
import { UpstreamUnavailableError } from '../upstream/unavailable.js';
import { ERROR_CODES, RpcError, type RpcRequest } from '../wire/json-rpc.js';

/**
 * Sets from which level on a session wants log messages (MCP 2025-11-25, Logging): at each server that has a session
 * for it, and for the others here, who are told with each request.
 *
 * @throws RpcError -32602
 */
export async function setLevel(exchange: McpExchange, { id, params = {} }: RpcRequest): Promise<void> {
  const { services, client } = exchange;
  const { level } = params;
  if (typeof level !== 'string' || !LOG_LEVELS.includes(level)) {
    throw new RpcError(ERROR_CODES.invalidParams, `params.level must be one of ${LOG_LEVELS.join(', ')}`);
  }
  const { session } = client;
  if (session === undefined) return;
  services.levels.set(session.key, level);
  await Promise.all([
    // The next request of the session may come to any of them.
    services.peers.tell({ kind: 'level', session: session.key, level }),
    ...Object.keys(session.held).map((name) => setAt(exchange, name, id, level)),
  ]);
}

async function setAt(
  { client, catalog, caller, context }: McpExchange,
  name: string,
  id: RpcRequest['id'],
  level: string,
) {
  const backend = catalog.servers.find(({ target }) => target.name === name);
  const session = client.session?.held[name];
  if (backend === undefined || session === undefined) return;
  const deadline = new Deadline(backend.target.listTimeoutMs, context.departure);
  try {
    const call = {
      session,
      id,
      method: 'logging/setLevel',
      params: { level },
      caller,
      context,
      deadline,
      resumes: true,
    };
    // One that has no log messages answers with an error, which changes nothing.
    await callInSession(backend.target, { ...call, onMessage: () => undefined });
  } catch (error) {
    if (!(error instanceof UpstreamUnavailableError)) throw error;
    context.log.warn({ event: 'server-unavailable', server: name, reason: error.message }, 'a level was not set');
  } finally {
    deadline.clear();
  }
}
