import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { talkNonsense } from './nonsense';
import { Random } from './random';
import type { UpstreamArgument, UpstreamMode } from './upstream';

/** A server of the fault test, in a process of its own: it says whom it serves, and tells of what must not be. */

const argument = JSON.parse(process.argv[2] ?? '') as UpstreamArgument;
const random = new Random(argument.seed);
const isLegacy = argument.kind === 'legacy';
const isAgent = argument.kind === 'agent';
const TOOLS = ['echo', 'stream', 'wait', ...(argument.kind === 'toolset' ? [] : ['ask'])];
/** How many streams of servers with sessions end before their answer, as a share. */
const LEAVES = 0.3;
/** Who does not answer by then does not answer. */
const LONGEST_QUESTION_MS = 5_000;
const EVENTS = { 'content-type': 'text/event-stream' };

let mode: UpstreamMode = 'well';
process.on('message', (next: UpstreamMode) => (mode = next));
process.on('disconnect', () => process.exit());

interface Message {
  /** Of an invocation. */
  readonly input?: string;
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: { readonly content?: { readonly nonce?: string } };
}

/** What is asked, by whom, and where the answer goes. */
interface Call {
  readonly message: Message;
  readonly user: string;
  readonly nonce: string;
  readonly response: ServerResponse;
}

/** Users by their sessions. */
const sessions = new Map<string, string>();
/** Calls that wait for what their client is asked, by the ids of the questions. */
const asked = new Map<string, (answer: Message) => void>();
/** Calls whose streams have ended before their answers, by their last events. */
const left = new Map<string, Call>();
/** What ends calls that are cancelled, by their ids. */
const cancels = new Map<unknown, () => void>();

/** A line for the test, out before anything else is done. */
const tell = (line: string): void => void writeSync(1, `${line}\n`);
const violation = (text: string): void => tell(`! ${argument.name}: ${text}`);

createServer((request, response) => void answer(request, response)).listen(argument.port, '127.0.0.1', () => {
  tell('listening');
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.on('error', () => undefined);
  if (request.url === '/readyz') return void response.writeHead(200).end();
  tell(String(request.headers['x-request-id']));
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  const message = JSON.parse(text || '{}') as Message;
  const user = userOf(request);
  if (mode === 'nonsense' && random.next() < 0.8) return talkNonsense(response, message.id, isAgent, random);
  if (isAgent) return answerAsAgent(request, response, String(message.input), user);
  if (isLegacy && !isInSession(request, response, message, user)) return;
  await answerMcp(request, response, message, user);
}

async function answerMcp(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  message: Message,
  user: string,
): Promise<void> {
  const { 'last-event-id': last } = headers;
  if (method === 'GET') return typeof last === 'string' ? takeUp(last, user, response) : stand(response);
  if (method === 'DELETE') return void response.writeHead(204).end();
  if (message.method === undefined || message.id === undefined) return take(message, response);
  const nonce = String((message.params?.arguments as { readonly nonce?: string } | undefined)?.nonce);
  await answerMessage({ message, user, nonce, response });
}

/** The user whom the gateway vouches for. */
function userOf({ headers }: IncomingMessage): string {
  const claim = String(headers['agentyard-user-claim'] ?? headers.authorization?.replace('Bearer ', ''));
  const [, payload = ''] = claim.split('.');
  const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8') || '{}') as { readonly sub?: string };
  if (sub === undefined) violation('it is not said who calls');
  return String(sub);
}

function isInSession(request: IncomingMessage, response: ServerResponse, { method }: Message, user: string): boolean {
  if (method === 'initialize') {
    const id = randomUUID();
    sessions.set(id, user);
    response.setHeader('mcp-session-id', id);
    return true;
  }
  const id = String(request.headers['mcp-session-id']);
  const owner = sessions.get(id);
  if (owner === undefined) {
    // As a server that has no other era: what is asked of one without sessions is refused.
    response.writeHead(request.headers['mcp-session-id'] === undefined ? 400 : 404).end();
    return false;
  }
  if (owner !== user) violation(`the session of ${owner} is used for ${user}`);
  if (request.method === 'DELETE') sessions.delete(id);
  return true;
}

/** A stream that lasts, with a notice now and then. */
function stand(response: ServerResponse): void {
  response.writeHead(200, EVENTS);
  response.flushHeaders();
  const notice = () => event(response, { method: 'notifications/tools/list_changed' });
  const timer = setInterval(notice, 700);
  response.on('close', () => clearInterval(timer));
}

/** Ends a stream before its answer, for which the client comes back. */
function leave(call: Call): void {
  const id = randomUUID();
  left.set(id, call);
  call.response.end(`id: ${id}\nretry: 20\ndata:\n\n`);
}

/** The answer for a client that has come back. One that has died meanwhile knows nothing of it. */
function takeUp(last: string, user: string, response: ServerResponse): void {
  const call = left.get(last);
  if (call === undefined) return void response.writeHead(400).end();
  left.delete(last);
  if (call.user !== user) violation(`${user} takes up a stream of ${call.user}`);
  response.writeHead(200, EVENTS);
  finish({ ...call, response }, told(call));
}

/** Takes what has no answer. */
function take({ id, method, params, result }: Message, response: ServerResponse): void {
  if (method === 'notifications/cancelled') cancels.get(params?.requestId)?.();
  if (method === undefined && id !== undefined) asked.get(String(id))?.({ id, result });
  response.writeHead(202).end();
}

async function answerMessage(call: Call): Promise<void> {
  const { message, response } = call;
  const { method, params = {} } = message;
  if (method === 'initialize' && isLegacy) {
    const capabilities = { tools: { listChanged: true } };
    return finish(call, { protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 'u', version: '1' } });
  }
  if (method === 'server/discover' && !isLegacy) {
    return finish(call, { supportedVersions: ['2026-07-28'], capabilities: { tools: { listChanged: true } } });
  }
  if (method === 'tools/list') {
    const tools = TOOLS.map((name) => ({ name, description: `for ${call.user}`, inputSchema: { type: 'object' } }));
    return finish(call, { tools, ttlMs: 0, cacheScope: 'private' });
  }
  if (method === 'subscriptions/listen') {
    const _meta = { 'io.modelcontextprotocol/subscriptionId': message.id };
    response.writeHead(200, EVENTS);
    const { notifications } = params;
    event(response, { method: 'notifications/subscriptions/acknowledged', params: { notifications, _meta } });
    const notice = () => event(response, { method: 'notifications/tools/list_changed', params: { _meta } });
    const timer = setInterval(notice, 700);
    return void response.on('close', () => clearInterval(timer));
  }
  if (method !== 'tools/call') return fail(call, -32_601, 'Method not found');
  await callTool(call, String(params.name));
}

async function callTool(call: Call, name: string): Promise<void> {
  const { message, response, nonce } = call;
  const { params = {} } = message;
  if (name === 'ask') return isLegacy ? askInStream(call) : askByResult(call);
  if (name === 'wait') {
    const left = new AbortController();
    const end = (): void => left.abort();
    cancels.set(message.id, end);
    response.on('close', end);
    await sleep(400, undefined, { signal: left.signal }).catch(() => undefined);
    cancels.delete(message.id);
    return finish(call, told(call));
  }
  if (name === 'stream') {
    response.writeHead(200, EVENTS);
    const { progressToken } = (params._meta ?? {}) as { readonly progressToken?: string };
    for (let progress = 1; progress <= 3; progress += 1) {
      if (progressToken === undefined) break;
      event(response, { method: 'notifications/progress', params: { progressToken, progress, message: nonce } });
      await sleep(random.between(1, 30));
    }
    if (isLegacy && random.next() < LEAVES) return leave(call);
    return finish(call, told(call));
  }
  await sleep(random.between(0, 20));
  finish(call, told(call));
}

/** A question of a server without sessions; its state is the user's, and comes back with the answer. */
function askByResult(call: Call): void {
  const { message, nonce, user } = call;
  const { inputResponses, requestState } = (message.params ?? {}) as {
    readonly inputResponses?: { readonly q?: { readonly content?: { readonly nonce?: string } } };
    readonly requestState?: string;
  };
  if (inputResponses === undefined) {
    const question = { method: 'elicitation/create', params: { message: nonce, requestedSchema: { type: 'object' } } };
    const requestState = `${nonce} ${user}`;
    return finish(call, { resultType: 'input_required', inputRequests: { q: question }, requestState });
  }
  check(call, inputResponses.q?.content?.nonce);
  if (requestState !== `${nonce} ${user}`) violation(`${user} has the state ${requestState}`);
  finish(call, told(call));
}

/** A question of a server with sessions, in the stream of the call. */
async function askInStream(call: Call): Promise<void> {
  const { response, nonce } = call;
  const id = randomUUID();
  response.writeHead(200, EVENTS);
  const params = { message: nonce, requestedSchema: { type: 'object' } };
  const answered = new Promise<Message>((resolve) => {
    asked.set(id, resolve);
    response.on('close', () => resolve({}));
    setTimeout(() => resolve({}), LONGEST_QUESTION_MS);
  });
  event(response, { id, method: 'elicitation/create', params });
  const { result } = await answered;
  asked.delete(id);
  // Without a result the client has refused, or has left, or the gateway has refused for it.
  if (result !== undefined) check(call, result.content?.nonce);
  finish(call, told(call));
}

function check({ nonce, user }: Call, given: string | undefined): void {
  if (given !== undefined && given !== nonce) violation(`what ${user} is asked as ${nonce} is answered as ${given}`);
}

/** What every tool says: whom it has served. */
function told({ nonce, user }: Call): object {
  const text = JSON.stringify({ nonce, user, server: argument.name });
  return { content: [{ type: 'text', text }] };
}

function finish({ message: { id }, response }: Call, result: object): void {
  const own = isLegacy ? result : { resultType: 'complete', ...result };
  if (response.headersSent)
    return void response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: own })}\n\n`);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result: own }));
}

function fail({ message: { id }, response }: Call, code: number, message: string): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }));
}

function event(response: ServerResponse, message: object): void {
  response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
}

async function answerAsAgent(
  { headers }: IncomingMessage,
  response: ServerResponse,
  nonce: string,
  user: string,
): Promise<void> {
  const output = JSON.stringify({ nonce, user, server: argument.name });
  const requestId = String(headers['x-request-id']);
  const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
  const whole = { requestId, agent: argument.name, output, stopReason: 'completed', turns: 1, toolCalls: [], usage };
  await sleep(random.between(0, 40));
  if (headers.accept !== 'text/event-stream') {
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole));
  }
  response.writeHead(200, EVENTS);
  const send = (value: { readonly type: string }) =>
    response.write(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`);
  send({ type: 'turn-started', turn: 1 } as { type: string });
  await sleep(random.between(0, 40));
  send({ type: 'completed', response: whole } as { type: string });
  response.end();
}
