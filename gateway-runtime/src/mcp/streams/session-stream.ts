import type { McpExchange } from '../exchange.js';
import { mayList, mayUseSome } from '../federation/catalog.js';
import type { ServerBackend } from '../federation/server-backend.js';
import type { EventPlace } from '../relay/event-ids.js';
import type { McpReply } from '../reply.js';
import type { ClientSession, HeldSession } from '../session/client-session.js';
import { SessionGoneError, UpstreamUnavailableError } from '../upstream/unavailable.js';
import type { UpstreamMessage } from '../upstream/send-to.js';
import type { JsonObject } from '../wire/json-rpc.js';
import { eraOf } from './era-of.js';
import { followModern, withUri } from './follow-modern.js';
import { followSession } from './follow-session.js';
import { passMessage } from './pass-message.js';
import type { StandingStream } from './standing-streams.js';

/**
 * The stream of a session (MCP 2025-11-25, "Listening for Messages from the Server"): what all its servers tell and ask
 * without being asked, and changes of the document's tools. It ends when the client leaves, or this replica ends.
 *
 * @param place where it is taken up
 */
export function answerSessionStream(
  exchange: McpExchange,
  session: ClientSession,
  place: EventPlace | undefined,
  reply: McpReply,
): Promise<void> {
  const { services, path, context } = exchange;
  const stream = services.streams.open(context.departure);
  const changed = (): void =>
    void reply.notify(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }));
  services.changes.on(path, changed);
  services.sessionStreams.replace(session.key, stream);
  reply.open();
  followServers(exchange, session, place, reply, stream);
  // There are thousands of these at a time: a function that waits would keep all that it knows.
  return stream.ended(() => {
    services.changes.off(path, changed);
    services.sessionStreams.drop(session.key, stream);
    stream.close();
    reply.close();
  });
}

function followServers(
  exchange: McpExchange,
  session: ClientSession,
  place: EventPlace | undefined,
  reply: McpReply,
  stream: StandingStream,
): void {
  const last = Object.assign(Object.create(null) as Record<string, string>, place?.last);
  for (const backend of exchange.catalog.servers) {
    if (!mayUseSome(backend, exchange.caller)) continue;
    const held = session.held[backend.target.name];
    const following =
      held === undefined
        ? followSubscribed(exchange, backend, session, reply, stream.signal)
        : followHeld(exchange, backend, held, last, reply, stream.signal);
    following.catch((error: unknown) => {
      if (error instanceof UpstreamUnavailableError || stream.aborted) return;
      const fields = { err: error, server: backend.target.name };
      exchange.context.log.error(fields, 'a server is not listened to any more');
    });
  }
}

async function followHeld(
  exchange: McpExchange,
  backend: ServerBackend,
  session: HeldSession,
  last: Record<string, string>,
  reply: McpReply,
  signal: AbortSignal,
): Promise<void> {
  const { name } = backend.target;
  const take = (message: UpstreamMessage) => {
    if (message.eventId !== undefined) last[name] = message.eventId;
    const place = message.eventId === undefined ? undefined : { kind: 'session' as const, last };
    return passMessage(exchange, { backend, session }, message, place, reply);
  };
  const from = last[name];
  const feed = { backend, session, ...(from !== undefined && { last: from }) };
  const left = await followSession(exchange, feed, take, signal);
  // Its client finds out with its next request there; the stream has the others' messages.
  if (left instanceof SessionGoneError)
    exchange.context.log.info({ event: 'session-gone', server: name }, 'a server does not know a session any more');
}

/** A server without sessions is listened to for its lists, and for what the session has subscribed to at it. */
async function followSubscribed(
  exchange: McpExchange,
  backend: ServerBackend,
  { key }: ClientSession,
  reply: McpReply,
  signal: AbortSignal,
): Promise<void> {
  const { services, caller } = exchange;
  if ((await eraOf(exchange, backend, signal)) !== 'modern') return;
  const flags = {
    ...(mayList(backend, 'tools/list', caller) && { toolsListChanged: true }),
    ...(backend.mayPrompt(caller) && { promptsListChanged: true }),
    ...(backend.mayRead(caller) && { resourcesListChanged: true }),
  };
  while (!signal.aborted) {
    const uris = services.subscriptions.of(key).get(backend.target.name) ?? new Map<string, string>();
    const filter = { ...flags, ...(uris.size > 0 && { resourceSubscriptions: [...uris.keys()] }) };
    const until = new AbortController();
    const anew = (): void => until.abort();
    services.subscriptions.once(key, anew);
    signal.addEventListener('abort', anew, { once: true });
    const told = (notification: JsonObject) =>
      reply.notify(JSON.stringify(withUri(withoutSubscription(notification), (uri) => uris.get(uri) ?? uri)));
    try {
      await followModern(exchange, backend, filter, { told }, until.signal);
    } finally {
      services.subscriptions.off(key, anew);
      signal.removeEventListener('abort', anew);
    }
  }
}

/** Without what belongs to a hop of the other era. */
function withoutSubscription(notification: JsonObject): JsonObject {
  const { _meta, ...params } = (notification.params ?? {}) as JsonObject;
  return Object.keys(params).length === 0
    ? { jsonrpc: '2.0', method: notification.method }
    : { ...notification, params };
}
