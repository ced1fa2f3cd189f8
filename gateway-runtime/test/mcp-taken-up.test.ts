import type { ServerResponse } from 'node:http';
import { cleanUp, documentOf, eventually, startServer, startTestGateway, type TestGateway } from './fixture';
import { serverOf, type ServerInput } from './mcp-server-fixture';
import { post } from './toolset-fixture';

/** A request that a server gets; of GET it has the id of the last event alone. */
interface Got {
  readonly id: unknown;
  readonly last: string | undefined;
}

type Told = (got: Got, response: ServerResponse) => void;

const EVENTS = { 'content-type': 'text/event-stream' };
const event = (data: string, id?: string): string => `${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;
const resultOf = (id: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } });

/** Says this in a stream, and ends it. */
const says =
  (text: string): Told =>
  (_got, response) =>
    void response.writeHead(200, EVENTS).end(text);
const refuses =
  (status: number): Told =>
  (_got, response) =>
    void response.writeHead(status).end();
const answers: Told = ({ id, last }, response) =>
  void response.writeHead(200, EVENTS).end(event(resultOf(id ?? Number(last))));

let call: Told;
let resumed: Told;
let lasts: (string | undefined)[];
let gateway: TestGateway;
let document: ReturnType<typeof documentOf>;

/** A server with sessions that answers calls, and those who come back, as the test says. */
beforeAll(async () => {
  const server = await startServer((request, response, body) => {
    const { id, method } = JSON.parse(body || '{}') as { id?: unknown; method?: string };
    if (method === 'initialize') {
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's' });
      const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'one', version: '1' } };
      return void response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    }
    if (method === 'server/discover') return void response.writeHead(400).end();
    if (method === 'tools/call') return call({ id, last: undefined }, response);
    if (request.method !== 'GET') return void response.writeHead(202).end();
    const { 'last-event-id': last } = request.headers;
    lasts.push(last as string | undefined);
    resumed({ id: undefined, last: last as string | undefined }, response);
  });
  const one = serverOf('one', `http://${server.address}/mcp`, { timeoutMs: 2_000 });
  document = documentOf({ mcpServers: [one] });
  gateway = await startTestGateway({ document });
});
afterAll(cleanUp);

beforeEach(() => {
  lasts = [];
  resumed = refuses(400);
});

async function begin(protocolVersion: string): Promise<string> {
  const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  const answer = await post(gateway, 'legacy', 'initialize', params);
  await answer.text();
  return answer.headers.get('mcp-session-id') ?? '';
}

/** What a client with a session gets for a call, as it is. */
async function called(revision = '2025-11-25'): Promise<{ readonly session: string; readonly text: string }> {
  const session = await begin(revision);
  const answer = await post(gateway, 'legacy', 'tools/call', { name: 'x' }, { 'mcp-session-id': session });
  return { session, text: await answer.text() };
}

/** What it gets when it comes back. */
function comeBack(session: string, last: string, signal?: AbortSignal): Promise<Response> {
  const headers = { accept: 'text/event-stream', 'mcp-session-id': session, 'last-event-id': last };
  return fetch(`${gateway.url}/mcp`, { headers, signal });
}

const idsIn = (text: string): string[] => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id as string);
const messagesIn = (text: string): object[] =>
  (text.startsWith('{') ? [text] : [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => data as string)).map(
    (data) => JSON.parse(data) as object,
  );

/** The id of the last event in a stream that a server has ended before its answer. */
async function left(): Promise<{ readonly session: string; readonly last: string }> {
  call = says(event('', '7'));
  const { session, text } = await called();
  expect(messagesIn(text)).toEqual([]);
  return { session, last: idsIn(text).at(-1) ?? '' };
}

describe('a stream that a server ends before its answer', () => {
  it.each([
    ['nothing was in it', ''],
    ['no event has an id', event('{"jsonrpc":"2.0","method":"notifications/progress","params":{}}')],
    ['an id is longer than any header', event('', 'x'.repeat(10_000))],
    ['an id has what no header has', event('', 'a\u0001b')],
    ['an id is empty', event('', '')],
  ])('ends with an error for the client if %s', async (_, text) => {
    call = says(text);
    const { text: got } = await called();
    expect(messagesIn(got).at(-1)).toMatchObject({
      id: 7,
      result: { isError: true, content: [{ text: expect.stringContaining('ended without an answer') }] },
    });
  });

  it.each([
    ['is not for it', event('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}', '7')],
    ['is no JSON', event('no JSON', '7')],
    ['is answered here', event('{"jsonrpc":"2.0","id":1,"method":"ping"}', '7')],
  ])('leaves the client with the id of an event that %s, so that it can come back', async (_, text) => {
    call = says(text);
    const { session, text: got } = await called();
    expect(messagesIn(got)).toEqual([]);
    resumed = answers;
    const rest = await (await comeBack(session, idsIn(got).at(-1) ?? '')).text();
    expect(lasts).toEqual(['7']);
    expect(messagesIn(rest).at(-1)).toMatchObject({ id: 7, result: {} });
  });

  it.each(['2025-06-18', '2025-03-26'])('is taken up here for a client of %s, which would not', async (revision) => {
    call = says(`retry: 50\n${event('', '7')}`);
    resumed = answers;
    const { text } = await called(revision);
    expect(messagesIn(text).at(-1)).toMatchObject({ id: 7, result: { content: [] } });
    expect(lasts).toEqual(['7']);
  });
});

describe('a stream that a client takes up', () => {
  it.each([
    ['its server does not know it', refuses(400), -32_603, 'status 400'],
    ['its server has no such streams', refuses(405), -32_603, 'status 405'],
    ['its server does not know the session', refuses(404), -32_001, 'Session not found'],
  ])('ends with an error that names the request if %s', async (_, how, code, message) => {
    const { session, last } = await left();
    resumed = how;
    const text = await (await comeBack(session, last)).text();
    expect(messagesIn(text)).toEqual([
      { jsonrpc: '2.0', id: 7, error: { code, message: expect.stringContaining(message) } },
    ]);
  });

  it('is taken up here until its answer has come', async () => {
    const { session, last } = await left();
    let tries = 0;
    resumed = (got, response) => {
      tries += 1;
      if (tries === 1) return void response.destroy();
      if (tries === 2) {
        const others = event(resultOf('of-nobody'));
        return says(`retry: 50\n${event('', '8')}${others}`)(got, response);
      }
      answers({ id: 7, last: undefined }, response);
    };
    const text = await (await comeBack(session, last)).text();
    expect(messagesIn(text)).toEqual([JSON.parse(resultOf(7))]);
    expect(lasts).toEqual(['7', '7', '8']);
  });

  it('names its place at once, so that a client whose connection breaks can come back there', async () => {
    const { session, last } = await left();
    resumed = (_got, response) => void response.writeHead(200, EVENTS).flushHeaders();
    const leave = new AbortController();
    const answer = await comeBack(session, last, leave.signal);
    const { value } = await answer.body!.getReader().read();
    expect(idsIn(Buffer.from(value as Uint8Array).toString('utf8'))).toEqual([last]);
    leave.abort();
  });

  it('ends with its place alone when the gateway ends, and is taken up at another one', async () => {
    const { session, last } = await left();
    resumed = (_got, response) => void response.writeHead(200, EVENTS).flushHeaders();
    const answer = await comeBack(session, last);
    await eventually(() => lasts.length === 1);
    await gateway.close();
    expect(idsIn(await answer.text())).toEqual([last]);
    gateway = await startTestGateway({ document });
    resumed = answers;
    expect(messagesIn(await (await comeBack(session, last)).text())).toEqual([JSON.parse(resultOf(7))]);
  });

  it.each([
    ['is not in the document any more', []],
    ['has nothing for the caller any more', [{ otherTools: ['others'], resources: ['others'], prompts: ['others'] }]],
  ])('ends with an error if its server %s', async (_, changes: Partial<ServerInput>[]) => {
    const { session, last } = await left();
    const reloads = () => gateway.logs.filter(({ event: name }) => name === 'reloaded').length;
    const before = reloads();
    const { mcpServers: [one] = [] } = document;
    await gateway.writeDocument(documentOf({ mcpServers: changes.map((each) => ({ ...one!, ...each })) }));
    await eventually(() => reloads() > before);
    const text = await (await comeBack(session, last)).text();
    expect(messagesIn(text)).toEqual([
      { jsonrpc: '2.0', id: 7, error: { code: -32_001, message: 'Session not found' } },
    ]);
    expect(lasts).toEqual([]);
    await gateway.writeDocument(document);
    await eventually(() => reloads() > before + 1);
  });
});
