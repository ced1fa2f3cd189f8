import type { McpExchange } from '../exchange.js';
import { mayList, type Owned } from '../federation/catalog.js';
import { resolveResource } from '../federation/resolve.js';
import type { ServerBackend } from '../federation/server-backend.js';
import type { RequestAnswer } from '../methods/answer-request.js';
import type { McpReply } from '../reply.js';
import { completed } from '../server-description.js';
import { SUBSCRIPTION_ID } from '../wire/envelope.js';
import { ERROR_CODES, isObject, RpcError, type JsonObject, type RpcId, type RpcRequest } from '../wire/json-rpc.js';
import { eraOf } from './era-of.js';
import { filterIn, joined, type SubscriptionFilter } from './filter.js';
import { followModern, withUri } from './follow-modern.js';
import { followOwnSession } from './follow-own-session.js';

/** What a server is listened to for, with its own URIs. */
interface ServerFilter {
  readonly backend: ServerBackend;
  readonly filter: SubscriptionFilter;
  /** The client's URI of one of the server's. */
  readonly rename: (uri: string) => string;
}

const FOLLOWERS = { modern: followModern, legacy: followOwnSession } as const;

type Tell = (notification: JsonObject) => Promise<void> | undefined;

/**
 * Answers `subscriptions/listen` (MCP 2026-07-28, Subscriptions): a stream of what all servers tell, and of changes of
 * the document's tools. It ends when the client leaves, or with its result when this replica ends.
 *
 * @throws RpcError -32602; with status 406 for a client that takes no events
 */
export async function listen(
  exchange: McpExchange,
  { id, params }: RpcRequest,
  reply: McpReply,
): Promise<RequestAnswer> {
  const { services, serverInfo } = exchange;
  const filter = filterIn(params?.notifications);
  if (filter === undefined) {
    throw new RpcError(ERROR_CODES.invalidParams, 'params.notifications must say what to listen to');
  }
  if (!reply.takesEvents) throw new RpcError(ERROR_CODES.server, 'Accept text/event-stream', undefined, 406);
  exchange.countStream();
  const tell: Tell = (notification) => reply.notify(JSON.stringify(marked(notification, id)));
  const ending = services.streams.open(exchange.context.departure);
  // The acknowledgement goes first.
  let acknowledged: () => void = () => undefined;
  const isAcknowledged = new Promise<void>((resolve) => (acknowledged = resolve));
  const later: Tell = (notification) => isAcknowledged.then(() => tell(notification));
  const changed = (): void => void later({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  if (filter.toolsListChanged === true) services.changes.on(exchange.path, changed);
  try {
    const filters = await filtersFor(exchange, filter);
    const own: SubscriptionFilter = filter.toolsListChanged === true ? { toolsListChanged: true } : {};
    const honoured = await Promise.all(filters.map((each) => follow(exchange, each, later, ending.signal)));
    const notifications = honoured.reduce(joined, own);
    await tell({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: { notifications } });
    acknowledged();
    await ending.ended();
  } finally {
    services.changes.off(exchange.path, changed);
    ending.close();
  }
  const result = completed({ _meta: { [SUBSCRIPTION_ID]: id } }, serverInfo);
  return { json: JSON.stringify({ jsonrpc: '2.0', id, result }), note: {} };
}

/** Each server for what it may have of a filter, as far as the caller may use it. */
async function filtersFor(exchange: McpExchange, filter: SubscriptionFilter): Promise<ServerFilter[]> {
  const { catalog, caller } = exchange;
  const resources = await resourcesOf(exchange, filter.resourceSubscriptions ?? []);
  return catalog.servers.flatMap((backend) => {
    const own = resources.filter(({ owned }) => owned.backend === backend);
    const flags: SubscriptionFilter = {
      ...(filter.toolsListChanged === true && mayList(backend, 'tools/list', caller) && { toolsListChanged: true }),
      ...(filter.promptsListChanged === true && backend.mayPrompt(caller) && { promptsListChanged: true }),
      ...(filter.resourcesListChanged === true && backend.mayRead(caller) && { resourcesListChanged: true }),
      ...(own.length > 0 && { resourceSubscriptions: own.map(({ owned }) => owned.name) }),
    };
    if (Object.keys(flags).length === 0) return [];
    const names = new Map(own.map(({ uri, owned }) => [owned.name, uri]));
    return [{ backend, filter: flags, rename: (uri: string) => names.get(uri) ?? uri }];
  });
}

async function resourcesOf(exchange: McpExchange, uris: readonly string[]) {
  const found: { readonly uri: string; readonly owned: Owned<ServerBackend> }[] = [];
  for (const uri of uris) {
    const owned = await resolveResource(exchange, uri);
    if (owned !== undefined) found.push({ uri, owned });
  }
  return found;
}

/** Follows a server. @returns what it will tell, with the client's URIs; nothing if it does not say so in its time */
async function follow(
  exchange: McpExchange,
  { backend, filter, rename }: ServerFilter,
  tell: Tell,
  signal: AbortSignal,
): Promise<SubscriptionFilter> {
  let settle: (filter: SubscriptionFilter) => void = () => undefined;
  const first = new Promise<SubscriptionFilter>((resolve) => (settle = resolve));
  const timer = setTimeout(() => settle({}), backend.target.listTimeoutMs);
  const listener = {
    acknowledged: (honoured: SubscriptionFilter) => settle(honoured),
    told: (notification: JsonObject) => tell(withUri(notification, rename)),
  };
  eraOf(exchange, backend, signal, () => settle({}))
    .then((era) => era && FOLLOWERS[era](exchange, backend, filter, listener, signal))
    .catch((error: unknown) => {
      settle({});
      if (signal.aborted) return;
      exchange.context.log.error({ err: error, server: backend.target.name }, 'a server is not listened to any more');
    });
  const honoured = await first;
  clearTimeout(timer);
  const { resourceSubscriptions: uris } = honoured;
  return uris === undefined ? honoured : { ...honoured, resourceSubscriptions: uris.map(rename) };
}

/** With the id of the request that it answers. */
function marked(notification: JsonObject, id: RpcId): JsonObject {
  const params = isObject(notification.params) ? notification.params : {};
  const meta = isObject(params._meta) ? params._meta : {};
  return { ...notification, params: { ...params, _meta: { ...meta, [SUBSCRIPTION_ID]: id } } };
}
