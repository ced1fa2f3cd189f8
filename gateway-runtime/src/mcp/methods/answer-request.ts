import type { McpExchange } from '../exchange.js';
import type { ListMethod } from '../federation/known-items.js';
import { LISTS } from '../federation/known-items.js';
import type { RelayedAnswer } from '../relay/relayed-answer.js';
import type { McpReply } from '../reply.js';
import { listen } from '../streams/listen.js';
import { subscribe } from '../streams/subscribe.js';
import { ERROR_CODES, RpcError, type JsonObject, type RpcRequest } from '../wire/json-rpc.js';
import { callTool } from './call-tool.js';
import { complete } from './complete.js';
import { getPrompt } from './get-prompt.js';
import { discover, initialize } from './initialize.js';
import { answerList } from './lists.js';
import { readResource } from './read-resource.js';
import { setLevel } from './set-level.js';

/** An answer, and the id of the session that it begins. */
export interface RequestAnswer extends RelayedAnswer {
  readonly sessionId?: string;
}

type Answer = (exchange: McpExchange, request: RpcRequest, reply: McpReply) => Promise<RequestAnswer>;

/** Requests about one thing of one backend: each decides by itself whether it may be. */
const OWNED: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['tools/call', callTool],
  ['prompts/get', getPrompt],
  ['resources/read', readResource],
  ['completion/complete', complete],
  ['resources/subscribe', subscribe],
  ['resources/unsubscribe', subscribe],
]);

const OF_BOTH: ReadonlyMap<string, Answer> = new Map(
  Object.keys(LISTS).map((list): [string, Answer] => [
    list,
    async (exchange, request) =>
      answered(request, await answerList(exchange, list as ListMethod, request.params ?? {})),
  ]),
);

const MODERN: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['server/discover', async (exchange, request) => answered(request, await discover(exchange))],
  ['subscriptions/listen', listen],
]);

const LEGACY: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  [
    'initialize',
    async (exchange, request) => {
      const { result, sessionId } = await initialize(exchange, request.params ?? {});
      return { ...answered(request, result), sessionId };
    },
  ],
  ['ping', (_exchange, request) => Promise.resolve(answered(request, {}))],
  [
    'logging/setLevel',
    async (exchange, request) => {
      await setLevel(exchange, request);
      return answered(request, {});
    },
  ],
]);

/** Whether a request is decided about by what it is for, and not by its method alone. */
export function decidesItself(method: string): boolean {
  return OWNED.has(method);
}

/** Whether a method may stand in a log line; any other is only called `other`. */
export function isKnownMethod(method: string): boolean {
  return KNOWN.has(method);
}

const NOTIFICATIONS = new Set([
  'notifications/cancelled',
  'notifications/initialized',
  'notifications/progress',
  'notifications/roots/list_changed',
]);

const KNOWN = new Set(
  [OWNED, OF_BOTH, MODERN, LEGACY].flatMap((methods) => [...methods.keys()]).concat(...NOTIFICATIONS),
);

/** Methods about one thing that no revision without sessions has. */
const OF_SESSIONS = new Set(['resources/subscribe', 'resources/unsubscribe']);

/** Whether only servers have what a method is about; toolsets have tools alone. */
function needsServer(method: string): boolean {
  return (OWNED.has(method) || OF_BOTH.has(method)) && !method.startsWith('tools/');
}

/** Answers a request by its method. @throws RpcError */
export function answerRequest(exchange: McpExchange, request: RpcRequest, reply: McpReply): Promise<RequestAnswer> {
  const { method } = request;
  const isModern = exchange.client.era === 'modern';
  const answer = OWNED.get(method) ?? OF_BOTH.get(method) ?? (isModern ? MODERN : LEGACY).get(method);
  const isAbsent =
    (isModern && OF_SESSIONS.has(method)) || (exchange.catalog.servers.length === 0 && needsServer(method));
  if (answer === undefined || isAbsent) {
    throw new RpcError(ERROR_CODES.methodNotFound, 'Method not found', undefined, isModern ? 404 : 200);
  }
  return answer(exchange, request, reply);
}

function answered({ id }: RpcRequest, result: JsonObject): RequestAnswer {
  return { json: JSON.stringify({ jsonrpc: '2.0', id, result }), note: {} };
}
