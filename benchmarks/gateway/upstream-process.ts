/** The bare upstream: an MCP server of both eras on node:http alone, whose answers are made beforehand. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Era, Form, Size } from './cell';
import { answerOf, SLOW_MS, SLOW_TOOL } from './known-tools';
import { LEGACY, MODERN } from './mcp-message';
import { serveParent } from './parent';
import { beginStream, complete, eventOf, sendAnswer, sendResult } from './upstream-answers';

interface Message {
  readonly id?: unknown;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly _meta?: { readonly progressToken?: unknown } };
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
    const message = JSON.parse(Buffer.concat(chunks).toString()) as Message;
    answer(message, request.headers['mcp-protocol-version'] === MODERN ? MODERN : LEGACY, request, response);
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

/** A stream that stays open and says nothing. */
function openStream(response: ServerResponse): void {
  beginStream(response);
  response.write(': open\n\n');
}

/** Streams progress at once, and the result a while later, which says when that was. */
function answerSlowly({ id, params }: Message, era: Era, response: ServerResponse): void {
  const progressToken = params?._meta?.progressToken;
  const progress = {
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken, progress: 1, total: 2 },
  };
  beginStream(response);
  const begun = process.hrtime.bigint();
  response.write(progressToken === undefined ? ': begun\n\n' : eventOf(progress));
  setTimeout(() => {
    const result = complete(era, { content: [{ type: 'text', text: String(begun) }] });
    response.end(eventOf({ jsonrpc: '2.0', id, result }));
  }, SLOW_MS);
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
