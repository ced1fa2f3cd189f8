import type { McpExchange } from '../exchange.js';
import { mayList, mayUseSome } from '../federation/catalog.js';
import type { ServerBackend } from '../federation/server-backend.js';
import { eventIdOf, type EventPlace } from '../relay/event-ids.js';
import { refusalOf } from '../relay/held-call.js';
import { relayedNotification, relayedRequest } from '../relay/notifications.js';
import { renamed } from '../relay/renamed-resource.js';
import { sendInSession } from '../relay/session-call.js';
import type { McpReply } from '../reply.js';
import type { ClientSession, HeldSession } from '../session/client-session.js';
import { UpstreamUnavailableError } from '../upstream/unavailable.js';
import type { UpstreamMessage } from '../upstream/send-to.js';
import { isRequest, type JsonObject } from '../wire/json-rpc.js';
import { eraOf } from './era-of.js';
import { followModern, withUri } from './follow-modern.js';
import { followSession } from './follow-session.js';
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
  return stream.ended().then(() => {
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

/** The rest of the stream of one request, from the server that it was sent to. */
export async function resumeRequestStream(
  exchange: McpExchange,
  session: ClientSession,
  { last }: EventPlace,
  reply: McpReply,
): Promise<void> {
  const { services, catalog, context } = exchange;
  const [name = ''] = Object.keys(last);
  const backend = catalog.servers.find(({ target }) => target.name === name);
  const held = session.held[name];
  if (backend === undefined || held === undefined) return reply.close();
  const stream = services.streams.open(context.departure);
  try {
    reply.open();
    const take = (message: UpstreamMessage) => {
      const place: EventPlace | undefined =
        message.eventId === undefined ? undefined : { kind: 'request', last: { [name]: message.eventId } };
      const passed = pass(exchange, backend, held, message, place, reply);
      if (!isResponseTo(message)) return passed;
      stream.close();
      return passed;
    };
    await followSession(exchange, { backend, session: held, last: last[name] ?? '' }, take, stream.signal);
  } finally {
    stream.close();
    reply.close();
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
    return pass(exchange, backend, session, message, place, reply);
  };
  const from = last[name];
  const feed = { backend, session, ...(from !== undefined && { last: from }) };
  const isGone = await followSession(exchange, feed, take, signal);
  // Its client finds out with its next request there; the stream has the others' messages.
  if (isGone)
    exchange.context.log.info({ event: 'session-gone', server: name }, 'a server does not know a session any more');
}

function pass(
  exchange: McpExchange,
  backend: ServerBackend,
  session: HeldSession,
  message: UpstreamMessage,
  place: EventPlace | undefined,
  reply: McpReply,
): Promise<void> | undefined {
  const { client, caller, context } = exchange;
  const { value, text, retry } = message;
  const marks = { ...(place !== undefined && { id: eventIdOf(place) }), ...(retry !== undefined && { retry }) };
  if (value === undefined) return text === '' ? reply.notify('', marks) : undefined;
  if (isRequest(value)) {
    const refusal = refusalOf(value, backend);
    if (refusal !== undefined) return sendInSession(backend.target, session, refusal, { caller, context });
    return reply.notify(relayedRequest(message, backend.target.name) ?? '', marks);
  }
  const relayed = isResponseTo(message)
    ? text
    : relayedNotification(renamed(message, exchange, backend), client, backend.target.name);
  return relayed === undefined ? undefined : reply.notify(relayed, marks);
}

function isResponseTo({ value }: UpstreamMessage): boolean {
  return typeof value === 'object' && value !== null && ('result' in value || 'error' in value);
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
