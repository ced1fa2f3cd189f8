import type { Caller } from '../../auth/caller.js';
import { Refusal } from '../../overload/refusal.js';
import type { McpExchange } from '../exchange.js';
import { mayList, mayUse, type Backend } from '../federation/catalog.js';
import { gather, onePage, readList } from '../federation/gather.js';
import { LISTS, type ListMethod } from '../federation/known-items.js';
import type { ServerBackend } from '../federation/server-backend.js';
import type { ToolsetBackend } from '../federation/toolset-backend.js';
import { completed, uncached } from '../server-description.js';
import { UpstreamUnavailableError } from '../upstream/unavailable.js';
import { ERROR_CODES, isObject, RpcError, type JsonObject } from '../wire/json-rpc.js';

/** Most items of a page. */
const PAGE_SIZE = 1_000;

/** An item under the name that is offered, and where it comes from. */
interface OfferedItem {
  readonly backend: string;
  readonly item: JsonObject;
}

/**
 * Answers a list: what the caller may use of all agents and backends, in the document's order and each in its own, as
 * it was sent but for its name. A backend that does not answer in its time leaves the others', and a warning.
 *
 * @throws RpcError -32602 for a cursor that is none
 */
export async function answerList(exchange: McpExchange, list: ListMethod, params: JsonObject): Promise<JsonObject> {
  const { catalog, client, serverInfo } = exchange;
  const only = catalog.onlyServer;
  if (only !== undefined) return passList(exchange, only, list, params);
  const items = await offeredItems(exchange, list);
  if (list === 'tools/list') items.unshift(...agentItems(exchange));
  const result = pageOf(items, list, params.cursor);
  return client.era === 'modern' ? uncached(result, serverInfo) : result;
}

/** The only server's own page, with its own cursor. */
async function passList(
  exchange: McpExchange,
  server: ServerBackend,
  list: ListMethod,
  { cursor }: JsonObject,
): Promise<JsonObject> {
  const { client, caller, serverInfo, context } = exchange;
  const { items, key } = LISTS[list];
  if (!mayList(server, list, caller)) return ownList(exchange, { [items]: [] });
  try {
    const from = typeof cursor === 'string' ? cursor : undefined;
    const result = await readList(exchange, server, list, (asking, deadline) =>
      onePage(asking, server, list, from, deadline),
    );
    const found = Array.isArray(result[items]) ? (result[items] as unknown[]) : [];
    const all = found.filter(isObject);
    if (typeof cursor !== 'string' && typeof result.nextCursor !== 'string') server.knownTo(caller).learn(list, all);
    const visible = all.filter((item) => mayUse(server, list, String(item[key]), caller));
    const { resultType: _type, ttlMs, cacheScope, ...rest } = result;
    if (client.era === 'legacy') return { ...rest, [items]: visible };
    // What depends on who asks is nobody else's.
    const isShared = cacheScope === 'public' && server.isOpen;
    const caching = { ttlMs: typeof ttlMs === 'number' ? ttlMs : 0, cacheScope: isShared ? 'public' : 'private' };
    return completed({ ...rest, [items]: visible, ...caching }, serverInfo);
  } catch (error) {
    const isKnown = error instanceof UpstreamUnavailableError || error instanceof Refusal;
    if (!isKnown || context.departure.aborted) throw error;
    const text = `The ${server.target.title} is unavailable: ${error.message}`;
    throw new RpcError(ERROR_CODES.internal, text);
  }
}

function ownList({ client, serverInfo }: McpExchange, result: JsonObject): JsonObject {
  return client.era === 'modern' ? uncached(result, serverInfo) : result;
}

/** The agents that the caller may invoke. */
function agentItems({ catalog, caller, headers }: McpExchange): OfferedItem[] {
  return [...catalog.agents.values()].flatMap((agent) =>
    agent.destinationFor(caller, headers) === undefined ? [] : [{ backend: agent.name, item: agent.declaration }],
  );
}

async function offeredItems(exchange: McpExchange, list: ListMethod): Promise<OfferedItem[]> {
  const { catalog, caller } = exchange;
  const asked = catalog.backends.filter((backend) => isAsked(backend, list, caller));
  const lists = new Map<Backend, JsonObject[] | undefined>();
  // All have answered before any is named: a name depends on the others.
  await Promise.all(asked.map(async (backend) => lists.set(backend, await gather(exchange, backend, list))));
  return asked.flatMap((backend) => {
    const items = lists.get(backend);
    if (items === undefined) return [];
    const named =
      backend.kind === 'toolset' ? declared(exchange, backend, items) : foreign(exchange, backend, list, items);
    return named.map((item) => ({ backend: backend.target.name, item }));
  });
}

function isAsked(backend: Backend, list: ListMethod, caller: Caller): boolean {
  if (backend.kind === 'server') return mayList(backend, list, caller);
  return list === 'tools/list' && backend.declared.some(({ name }) => backend.mayCall(name, caller));
}

/** A toolset's tools are those of the document, in its order. */
function declared(
  { catalog, caller, context }: McpExchange,
  backend: ToolsetBackend,
  items: readonly JsonObject[],
): JsonObject[] {
  const tools = new Map(items.map((tool) => [tool.name, tool]));
  return backend.declared.flatMap(({ name }) => {
    if (!backend.mayCall(name, caller)) return [];
    const tool = tools.get(name);
    if (tool !== undefined) return [{ ...tool, name: catalog.nameOfDeclared(backend, name) ?? name }];
    const fields = { event: 'tool-missing', toolset: backend.target.name, tool: name };
    context.log.warn(fields, 'the toolset does not list a declared tool');
    return [];
  });
}

function foreign(
  { catalog, caller, context }: McpExchange,
  backend: ServerBackend,
  list: ListMethod,
  items: readonly JsonObject[],
): JsonObject[] {
  const { key } = LISTS[list];
  const seen = new Set<string>();
  return items.flatMap((item) => {
    const name = item[key];
    if (typeof name !== 'string' || seen.has(name) || !mayUse(backend, list, name, caller)) return [];
    seen.add(name);
    const as = catalog.nameOf(list, { backend, name }, caller);
    if (as !== undefined) return [as === name ? item : { ...item, [key]: as }];
    context.log.warn({ event: 'name-shadowed', server: backend.target.name, list }, 'another server has the same name');
    return [];
  });
}

/** A page begins after the item that its cursor names; if that is gone, with the next backend. */
function pageOf(all: readonly OfferedItem[], list: ListMethod, cursor: unknown): JsonObject {
  const { items, key } = LISTS[list];
  const from = cursor === undefined ? 0 : startOf(all, key, cursor);
  const page = all.slice(from, from + PAGE_SIZE);
  const last = page.at(-1);
  const hasMore = from + PAGE_SIZE < all.length && last !== undefined;
  const next = hasMore ? { nextCursor: cursorOf(last.backend, String(last.item[key])) } : {};
  return { [items]: page.map(({ item }) => item), ...next };
}

function cursorOf(backend: string, name: string): string {
  return Buffer.from(JSON.stringify([backend, name])).toString('base64url');
}

function startOf(all: readonly OfferedItem[], key: string, cursor: unknown): number {
  const [backend, name] = readCursor(cursor);
  const at = all.findIndex((each) => each.backend === backend && each.item[key] === name);
  if (at >= 0) return at + 1;
  const last = all.findLastIndex((each) => each.backend === backend);
  return last < 0 ? all.length : last + 1;
}

function readCursor(cursor: unknown): readonly [backend: unknown, name: unknown] {
  try {
    const value = JSON.parse(Buffer.from(String(cursor), 'base64url').toString('utf8')) as unknown;
    if (Array.isArray(value) && value.length === 2) return value as [unknown, unknown];
  } catch {
    // As for what is no cursor of ours.
  }
  throw new RpcError(ERROR_CODES.invalidParams, 'params.cursor is none of this list');
}
