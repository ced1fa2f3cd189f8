import type { Deadline } from '../../deadline.js';
import type { McpExchange } from '../exchange.js';
import type { Backend } from '../federation/catalog.js';
import type { McpReply } from '../reply.js';
import { NotServedError } from '../upstream/unavailable.js';
import { isObject, type JsonObject } from '../wire/json-rpc.js';
import { INPUT_TIMEOUT_MS } from './held-call.js';

/**
 * Asks a client with a session by requests in the stream of its call, and waits for its answers.
 *
 * @param asked requests by their keys
 * @returns the results by the same keys
 * @throws NotServedError for a client that cannot be asked, or that refuses
 */
export async function askClient(
  exchange: McpExchange,
  asked: Readonly<Record<string, JsonObject>>,
  reply: McpReply,
  deadline: Deadline,
  { target }: Backend,
): Promise<JsonObject> {
  const { session } = exchange.client;
  if (session === undefined || !reply.takesEvents) {
    const needs = session === undefined ? 'a session' : 'a client that accepts text/event-stream';
    throw new NotServedError(`it asks the client, which needs ${needs}`, true);
  }
  deadline.extend(INPUT_TIMEOUT_MS);
  const results = await Promise.all(
    Object.entries(asked).map(
      async ([key, request]) => [key, await askOne(exchange, session.key, request, reply, deadline)] as const,
    ),
  );
  deadline.restart();
  exchange.context.log.debug({ event: 'client-asked', ...target.label }, 'a client has answered what a server asks');
  return Object.fromEntries(results);
}

async function askOne(
  { services }: McpExchange,
  session: string,
  { method, params }: JsonObject,
  reply: McpReply,
  deadline: Deadline,
): Promise<JsonObject> {
  deadline.throwIfEnded();
  let settle: (response: JsonObject) => void = () => undefined;
  const response = new Promise<JsonObject>((resolve) => (settle = resolve));
  const { id, close } = services.asks.open(session, (got) => settle(got));
  const ended = (): void => settle({});
  deadline.addEventListener('abort', ended);
  try {
    await reply.notify(JSON.stringify({ jsonrpc: '2.0', id, method, ...(params !== undefined && { params }) }));
    const { result } = await response;
    if (deadline.isOver) throw new NotServedError('the client has not answered in time what it asks', true);
    deadline.throwIfEnded();
    if (isObject(result)) return result;
    if (method === 'elicitation/create') return { action: 'cancel' };
    throw new NotServedError('the client refuses what it asks', true);
  } finally {
    deadline.removeEventListener('abort', ended);
    close();
  }
}
