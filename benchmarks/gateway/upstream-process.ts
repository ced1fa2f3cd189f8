/** The bare upstream: an MCP server of both eras, and an agent, on node:http alone, whose answers are made beforehand. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askedIn } from './agent-message';
import { INVOKE, MEDIA_TYPES, type Era, type Form, type Size } from './cell';
import { answerOf, SLOW_MS, SLOW_TOOL } from './known-tools';
import { LEGACY, MCP_PATH, MODERN, SESSIONS_PATH } from './mcp-message';
import { serveParent } from '../processes/parent';
import {
  agentEvents,
  beginStream,
  complete,
  eventOf,
  responseMessage,
  sendAnswer,
  sendResult,
} from './upstream-answers';

interface Message {
  readonly id?: unknown;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly _meta?: { readonly progressToken?: unknown } };
}

/** A request to an agent, as clients or gateways send it. */
interface Invocation {
  readonly input: string;
}

const CAPABILITIES = { tools: {} };
const SERVER_INFO = { name: 'bare', version: '1.0.0' };

/** How lists are answered from now on. */
let lists: { readonly size: Size; readonly form: Form } = { size: 'small', form: 'JSON' };
/** How many questions came since this was asked for. */
let taken = new Map<Era, number>();

const server = createServer((request, response) => {
  if (request.method === 'GET') return openStream(response);
  if (request.method !== 'POST') return void response.writeHead(200).end();
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (request.url === SESSIONS_PATH) return answerInSession(body as Message, request, response);
    if (request.url !== MCP_PATH) return answerInvocation(body as Invocation, request, response);
    answer(body as Message, request.headers['mcp-protocol-version'] === MODERN ? MODERN : LEGACY, request, response);
  });
});
// Clients end connections, so that none is ended while a request is on its way.
server.keepAliveTimeout = 3_600_000;

function answer(message: Message, era: Era, request: IncomingMessage, response: ServerResponse): void {
  const { id, method, params } = message;
  switch (method) {
    case 'tools/call':
    case 'tools/list': {
      taken.set(era, (taken.get(era) ?? 0) + 1);
      if (params?.name === SLOW_TOOL) return answerSlowly(message, era, response);
      const how = method === 'tools/list' ? lists : answerOf(params?.name ?? '');
      if (how === undefined) return void response.writeHead(404).end();
      return sendAnswer(response, id, { method, era, ...how });
    }
    case 'server/discover':
      return sendResult(response, id, era, {
        supportedVersions: [MODERN],
        capabilities: CAPABILITIES,
        ttlMs: 0,
        cacheScope: 'private',
        _meta: { 'io.modelcontextprotocol/serverInfo': SERVER_INFO },
      });
    case 'initialize': {
      const result = { protocolVersion: LEGACY, capabilities: CAPABILITIES, serverInfo: SERVER_INFO };
      return sendResult(response, id, era, result, { 'mcp-session-id': randomUUID() });
    }
    case 'subscriptions/listen':
      return openStream(response);
    default:
      if (id === undefined) return void response.writeHead(202).end();
      return sendResult(response, id, era, {});
  }
}

/** As a server answers that knows no revision without sessions. */
function answerInSession(message: Message, request: IncomingMessage, response: ServerResponse): void {
  if (message.method !== 'server/discover') return answer(message, LEGACY, request, response);
  const error = { code: -32_601, message: 'Method not found' };
  response.writeHead(400, { 'content-type': MEDIA_TYPES.JSON });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
}

/** As an agent answers it whom the gateway asks, or the client itself. */
function answerInvocation({ input }: Invocation, request: IncomingMessage, response: ServerResponse): void {
  const { tool, id } = askedIn(input);
  const form = request.headers.accept === MEDIA_TYPES.SSE ? 'SSE' : 'JSON';
  if (tool === SLOW_TOOL) {
    const [first = ''] = agentEvents(id, '');
    return streamSlowly(response, first, (begun) => agentEvents(id, begun).slice(1).join(''));
  }
  const how = answerOf(tool);
  if (how === undefined) return void response.writeHead(404).end();
  return sendAnswer(response, id, { method: INVOKE, size: how.size, form });
}

/** A stream that stays open and says nothing. */
function openStream(response: ServerResponse): void {
  beginStream(response);
  response.write(': open\n\n');
}

/** Streams progress, and then the result. */
function answerSlowly({ id, params }: Message, era: Era, response: ServerResponse): void {
  const progressToken = params?._meta?.progressToken;
  const progress = {
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken, progress: 1, total: 2 },
  };
  streamSlowly(response, progressToken === undefined ? ': begun\n\n' : eventOf(progress), (begun) =>
    eventOf(responseMessage(id, complete(era, { content: [{ type: 'text', text: begun }] }))),
  );
}

/** Streams the first event at once, and the others a while later, which say when that was. */
function streamSlowly(response: ServerResponse, first: string, othersFor: (begun: string) => string): void {
  beginStream(response);
  const begun = String(process.hrtime.bigint());
  response.write(first);
  setTimeout(() => response.end(othersFor(begun)), SLOW_MS);
}

server.listen(0, '127.0.0.1', () => {
  serveParent((server.address() as AddressInfo).port, {
    answerLists: (how: typeof lists) => void (lists = how),
    taken: () => {
      const counts = Object.fromEntries(taken);
      taken = new Map();
      return counts;
    },
  });
});
