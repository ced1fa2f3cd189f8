import { randomUUID } from 'node:crypto';
import { Deadline } from '../../deadline.js';
import { Refusal } from '../../overload/refusal.js';
import type { McpExchange } from '../exchange.js';
import { isFailure } from '../methods/admitted.js';
import { AskedBackend } from '../upstream/asked-backend.js';
import { callInSession } from '../relay/session-call.js';
import { modernMessage } from '../upstream/modern-message.js';
import { NotServedError, SessionGoneError, UpstreamUnavailableError } from '../upstream/unavailable.js';
import { sendTo, type UpstreamAnswer } from '../upstream/send-to.js';
import { ERROR_CODES, isObject, type JsonObject } from '../wire/json-rpc.js';
import { asReceived, sizeOf } from '../wire/json-text.js';
import { recordedHeaders } from '../wire/message-trace.js';
import type { Backend } from './catalog.js';
import { LISTS, type ListMethod } from './known-items.js';
import type { ServerBackend } from './server-backend.js';

/** Most pages of one list; a cursor that never ends must not keep us. */
const MAX_PAGES = 100;

/** Most bytes of one list of a backend: as much as one answer may have. */
const MAX_LIST_BYTES = 32 * 1024 * 1024;

/** Tells what is asked in a session apart: messages of one HTTP request may ask for several lists at once. */
const LISTINGS = randomUUID();
let listings = 0;

/**
 * The whole list of a backend, as it was sent.
 *
 * @returns absent when the backend does not answer in its time, which is logged
 */
export async function gather(
  exchange: McpExchange,
  backend: Backend,
  list: ListMethod,
): Promise<JsonObject[] | undefined> {
  const { context } = exchange;
  try {
    const items = await readList(exchange, backend, list, (asking, deadline) =>
      allPages(asking, backend, list, deadline),
    );
    if (backend.kind === 'server') backend.knownTo(exchange.caller).learn(list, items);
    return items;
  } catch (error) {
    const isKnown = error instanceof UpstreamUnavailableError || error instanceof Refusal;
    if (context.departure.aborted || !isKnown) throw error;
    const fields = { event: `${backend.kind}-unavailable`, ...backend.target.label, list, reason: error.message };
    context.log.warn(fields, 'a list goes out without what a toolset or server has');
    return undefined;
  }
}

/**
 * Reads from a backend what may be read twice, unless it fails too often: a connection that broke is no reason to go
 * without.
 *
 * @throws Refusal; what `read` throws
 */
export async function readList<T>(
  exchange: McpExchange,
  backend: Backend,
  list: ListMethod,
  read: (exchange: McpExchange, deadline: Deadline) => Promise<T>,
): Promise<T> {
  const { overload, context } = exchange;
  const { kind, target } = backend;
  const deadline = new Deadline(target.listTimeoutMs, context.departure);
  try {
    return await overload.gate(kind, target.name).read(
      () => askFor(exchange, backend, list, (asking) => read(asking, deadline)),
      (error) => {
        if (!isFailure(error) || context.departure.aborted) return undefined;
        return { mayRepeat: error.wasSent && !deadline.isOver };
      },
    );
  } finally {
    deadline.clear();
  }
}

async function askFor<T>(
  exchange: McpExchange,
  backend: Backend,
  list: ListMethod,
  read: (exchange: McpExchange) => Promise<T>,
): Promise<T> {
  const asked = new AskedBackend(exchange, backend, list);
  try {
    const found = await read(asked.exchange);
    asked.answered({});
    return found;
  } catch (error) {
    asked.failed(error);
    throw error;
  }
}

/** Reads a server's list only to know its names, which may be before it is decided whether the request is allowed. */
export async function learn(exchange: McpExchange, backend: ServerBackend, list: ListMethod): Promise<void> {
  exchange.context.audit.allowLookUp(backend.target.label);
  await gather(exchange, backend, list);
}

async function allPages(
  exchange: McpExchange,
  backend: Backend,
  list: ListMethod,
  deadline: Deadline,
): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  let cursor: string | undefined;
  let bytes = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { result, size } = await readPage(exchange, backend, list, cursor, deadline);
    bytes += size;
    if (bytes > MAX_LIST_BYTES) throw new NotServedError(`its list is over ${MAX_LIST_BYTES} bytes`, true);
    const found = result[LISTS[list].items];
    for (const item of Array.isArray(found) ? (found as unknown[]) : []) if (isObject(item)) items.push(item);
    if (typeof result.nextCursor !== 'string') break;
    cursor = result.nextCursor;
  }
  return items;
}

/**
 * One page of a backend's list.
 *
 * @returns the result; of a server that does not know the method, an empty one
 * @throws UpstreamUnavailableError, also for an error, of which the words are the server's
 */
export async function onePage(
  exchange: McpExchange,
  backend: Backend,
  list: ListMethod,
  cursor: string | undefined,
  deadline: Deadline,
): Promise<JsonObject> {
  return (await readPage(exchange, backend, list, cursor, deadline)).result;
}

/** As `onePage`, and how many bytes its answer had. */
async function readPage(
  exchange: McpExchange,
  backend: Backend,
  list: ListMethod,
  cursor: string | undefined,
  deadline: Deadline,
): Promise<{ readonly result: JsonObject; readonly size: number }> {
  const params = cursor === undefined ? {} : { cursor };
  const answer = await askForPage(exchange, backend, list, params, deadline);
  const { result, error } = answer?.message ?? {};
  if (isObject(result)) return { result, size: answer === undefined ? 0 : sizeOf(asReceived(answer)) };
  const code = isObject(error) ? error.code : undefined;
  // It has nothing of the kind.
  if (code === ERROR_CODES.methodNotFound) return { result: { [LISTS[list].items]: [] }, size: 0 };
  throw new NotServedError(`it answers with the error ${String(code)}`, true);
}

async function askForPage(
  exchange: McpExchange,
  backend: Backend,
  method: ListMethod,
  params: JsonObject,
  deadline: Deadline,
): Promise<UpstreamAnswer | undefined> {
  const { services, client, caller, context } = exchange;
  const behalf = { caller, context, deadline };
  const id = `${LISTINGS}-${(listings += 1)}`;
  if (backend.kind === 'toolset' || (await services.profiles.profileOf(backend, client, behalf)).era === 'modern') {
    const trace = recordedHeaders(context.trace);
    const own = { clientInfo: { ...services.info }, capabilities: {}, trace };
    const sender = backend.kind === 'toolset' ? own : { ...own, capabilities: backend.shown(client.capabilities) };
    const message = modernMessage({ id, method, params }, sender);
    return (await sendTo(backend.target, { ...message, ...behalf, id })).answer;
  }
  const call = { id, method, params, ...behalf, onMessage: () => undefined, resumes: true };
  const held = client.session?.held[backend.target.name];
  if (held !== undefined) return callInSession(backend.target, { ...call, session: held });
  const opening = services.profiles.openingFor(backend, client, behalf);
  const session = await services.pool.sessionFor(backend.target, opening);
  try {
    return await callInSession(backend.target, { ...call, session });
  } catch (error) {
    if (!(error instanceof SessionGoneError)) throw error;
    services.pool.drop(backend.target, opening, session);
    const next = await services.pool.sessionFor(backend.target, opening);
    return callInSession(backend.target, { ...call, session: next });
  }
}
