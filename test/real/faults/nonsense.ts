import type { ServerResponse } from 'node:http';
import type { Random } from './random';

/** Answers a request with something that no client should have to read. */
type Nonsense = (response: ServerResponse, id: unknown) => void;

const JSON_TYPE = 'application/json';
const EVENTS = 'text/event-stream';
const WELL = { content: [{ type: 'text', text: 'nonsense' }] };

const send =
  (status: number, type: string, body: (id: unknown) => string): Nonsense =>
  (response, id) =>
    void response.writeHead(status, { 'content-type': type }).end(body(id));
const json = (message: (id: unknown) => unknown) => send(200, JSON_TYPE, (id) => JSON.stringify(message(id)));
const event = (data: string): string => `event: message\ndata: ${data}\n\n`;

/** What an MCP server says that has lost its mind; nothing of it is an answer. */
const OF_SERVERS: readonly Nonsense[] = [
  send(200, 'text/html', () => '<html>It works!</html>'),
  send(200, JSON_TYPE, (id) => JSON.stringify({ jsonrpc: '2.0', id, result: WELL }).slice(0, -5)),
  send(200, JSON_TYPE, () => ''),
  send(200, 'application/octet-stream', () => '\u0000\u0001\u0002'),
  json(() => ({ jsonrpc: '2.0', id: 'of-nobody', result: WELL })),
  json((id) => ({ jsonrpc: '2.0', id, result: 'a text' })),
  json((id) => ({ jsonrpc: '2.0', id, result: null })),
  json((id) => ({ jsonrpc: '2.0', id, result: [1, 2] })),
  json((id) => ({ jsonrpc: '2.0', id, error: 'a text' })),
  json((id) => ({ jsonrpc: '2.0', id })),
  json((id) => [{ jsonrpc: '2.0', id, result: WELL }]),
  json(() => 7),
  send(200, EVENTS, () => event('no JSON') + event('{"jsonrpc":"2.0","method":7}') + ': and no more\n\n'),
  send(200, EVENTS, () => event(JSON.stringify({ jsonrpc: '2.0', id: 'of-nobody', result: WELL }))),
  send(200, EVENTS, () => event('{"jsonrpc":"2.0","id":{},"method":"elicitation/create"}')),
  send(200, EVENTS, () => `id: ${'x'.repeat(10_000)}\nretry: -1\ndata\n\n`),
  send(200, EVENTS, () => 'id: of-nobody\nretry: 0\ndata\n\n'),
  ...[302, 400, 403, 404, 405, 429, 500, 502, 503].map((status) => send(status, 'text/plain', () => `no: ${status}`)),
  (response) => void response.writeHead(202).end(),
  (response) => void response.destroy(),
  (response) => void response.socket?.end('this is no HTTP\r\n\r\n'),
  (response) => {
    response.writeHead(200, { 'content-type': JSON_TYPE, 'content-length': 1_000 });
    response.write('{"jsonrpc"', () => response.destroy());
  },
  (response) => {
    response.writeHead(200, { 'content-type': EVENTS });
    response.write(event('{"jsonrpc":"2.0","method":"notifications/message","params":{}}'), () => response.destroy());
  },
];

/** What an agent says that has lost its mind; events are whole ones, so that a client can be told of the end. */
const OF_AGENTS: readonly Nonsense[] = [
  send(200, 'text/html', () => '<html>It works!</html>'),
  send(200, JSON_TYPE, () => '{"output":'),
  send(500, 'text/plain', () => 'no'),
  send(302, JSON_TYPE, () => '{}'),
  (response) => void response.destroy(),
  (response) => void response.socket?.end('this is no HTTP\r\n\r\n'),
  (response) => {
    response.writeHead(200, { 'content-type': EVENTS });
    response.write('event: turn-started\ndata: {"type":"turn-started","turn":1}\n\n', () => response.destroy());
  },
];

/** Answers a request with nonsense of some kind. */
export function talkNonsense(response: ServerResponse, id: unknown, isAgent: boolean, random: Random): void {
  random.pick(isAgent ? OF_AGENTS : OF_SERVERS)(response, id);
}
