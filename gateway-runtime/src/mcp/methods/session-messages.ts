import type { McpExchange } from '../exchange.js';
import { originalId } from '../relay/relayed-id.js';
import { returnedNotification } from '../relay/notifications.js';
import { sendInSession } from '../relay/session-call.js';
import { sessionNotFound } from '../session/session-not-found.js';
import { SessionGoneError, UpstreamUnavailableError } from '../upstream/unavailable.js';
import { isObject, type JsonObject } from '../wire/json-rpc.js';

/** Takes a client's answer to a request of a server: to the server itself, or to who asks on its behalf. */
export async function takeResponse(exchange: McpExchange, response: JsonObject): Promise<void> {
  const { services, client } = exchange;
  const { session } = client;
  if (session === undefined) return;
  const owner = services.asks.ownerOf(response.id, session.key);
  if (owner !== undefined) {
    if (services.asks.take(response, session.key)) return;
    await exchange.toOwner(owner);
    throw sessionNotFound();
  }
  const original = originalId(response.id);
  if (original === undefined) return;
  await toServer(exchange, original.server, JSON.stringify({ ...response, id: original.id }));
}

/** Takes a client's notification. What concerns no server is done with. */
export async function takeNotification(exchange: McpExchange, message: JsonObject): Promise<void> {
  const { session } = exchange.client;
  if (session === undefined) return;
  if (message.method === 'notifications/roots/list_changed') return toAll(exchange, JSON.stringify(message));
  const returned = returnedNotification(message);
  if (returned !== undefined) return toServer(exchange, returned.server, returned.text);
  if (message.method === 'notifications/cancelled') cancel(exchange, session.key, message);
}

/** What is not being answered here may be at another replica, or be answered already. */
function cancel({ services }: McpExchange, session: string, { params }: JsonObject): void {
  const { requestId } = isObject(params) ? params : {};
  if (typeof requestId !== 'string' && typeof requestId !== 'number') return;
  if (services.inFlight.cancel(session, requestId)) return;
  void services.peers.tell({ kind: 'cancel', session, requestId });
}

/** A server that is not there has nobody who waits. @throws RpcError with status 404 if the session at it is gone */
async function toServer(exchange: McpExchange, name: string, text: string): Promise<void> {
  const { client, catalog, caller, context } = exchange;
  const backend = catalog.servers.find(({ target }) => target.name === name);
  const held = client.session?.held[name];
  if (backend === undefined || held === undefined) return;
  try {
    await sendInSession(backend.target, held, text, { caller, context });
  } catch (error) {
    if (error instanceof SessionGoneError) throw sessionNotFound();
    if (!(error instanceof UpstreamUnavailableError)) throw error;
    context.log.warn({ event: 'server-unavailable', server: name, reason: error.message }, 'a message was not taken');
  }
}

async function toAll(exchange: McpExchange, text: string): Promise<void> {
  const held = Object.keys(exchange.client.session?.held ?? {});
  await Promise.all(held.map((name) => toServer(exchange, name, text)));
}
