import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { createDispatcher, createFetch } from '@agentyard/runtime-kit';
import type { Tool } from '@modelcontextprotocol/client';
import { USER_CLAIM_HEADER } from 'agentyard/contract';
import { ToolsetClient } from '../src/toolset-client';
import { failureMessage } from '../src/toolset-failure';
import { TestMcpServer } from './mcp-server';
import { weather } from './running-agent';

/** A tool as a toolset lists it. */
const forecast: Tool = { name: 'forecast', inputSchema: { type: 'object' } };
const slow: Tool = { ...forecast, name: 'slow' };

const bearer = () => Promise.resolve('Bearer a.b.c');
const scope = { requestId: 'request-1', signal: new AbortController().signal, leftMs: () => 60_000 };

describe('ToolsetClient', () => {
  const dispatcher = createDispatcher(undefined);
  const closing: (() => Promise<unknown>)[] = [];
  let connections = 0;
  dispatcher.on('connect', () => (connections += 1)).on('disconnect', () => (connections -= 1));

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  afterAll(() => dispatcher.destroy());

  function clientOf(port: number, through = createFetch(dispatcher)): ToolsetClient {
    const client = new ToolsetClient({ ...weather('forecast'), host: '127.0.0.1', port }, through, bearer);
    closing.push(() => client.close());
    return client;
  }

  async function serve(sessions: boolean, port?: number): Promise<TestMcpServer> {
    const server = await TestMcpServer.start({ sessions, port });
    closing.push(() => server.stop());
    return server;
  }

  it.each([true, false])('repeats a call that a restart kept from running (sessions: %s)', async (sessions) => {
    const first = await serve(sessions);
    const client = clientOf(first.port);
    await client.listTools(scope);
    await first.stop();
    // A request on a connection whose end is not yet noticed may have been read: that is another case.
    while (connections > 0) await setImmediate();
    const second = await serve(sessions, first.port);
    const result = await client.callTool(forecast, { city: 'Oslo' }, scope);
    expect(result.content).toEqual([{ type: 'text', text: 'Sunny in Oslo.' }]);
    expect(second.calls).toHaveLength(1);
  });

  it('repeats a call that was refused, as while a pod is replaced', async () => {
    const server = await serve(false);
    const unused = await serve(false);
    await unused.stop();
    const through = createFetch(dispatcher);
    let refusals = 0;
    const refusedOnce: typeof fetch = (input, init) => {
      const [url, body] = [(input as URL).href, init?.body as string | undefined];
      if (body?.includes('"tools/call"') !== true || refusals > 0) return through(input, init);
      refusals += 1;
      return through(url.replace(String(server.port), String(unused.port)), init);
    };
    const client = clientOf(server.port, refusedOnce);
    await client.listTools(scope);
    await client.callTool(forecast, { city: 'Oslo' }, scope);
    expect([refusals, server.calls.length]).toEqual([1, 1]);
  });

  it('checks a result by what was listed for the user of the call', async () => {
    const client = clientOf((await serve(false)).port);
    const outputSchema = { type: 'object' as const, required: ['rain'] };
    const calling = client.callTool({ ...forecast, outputSchema }, { city: 'Oslo' }, scope);
    await expect(calling).rejects.toThrow("does not match the tool's output schema");
  });

  it.each([401, 403])('keeps its connection when a toolset refuses one user (status %s)', async (status) => {
    const server = await serve(true);
    const through = createFetch(dispatcher);
    let calls = 0;
    const refusing: typeof fetch = (input, init) => {
      if (new Headers(init?.headers).get(USER_CLAIM_HEADER) !== 'refused') return through(input, init);
      calls += 1;
      return Promise.resolve(new Response('{"code":"caller-refused"}', { status }));
    };
    const client = clientOf(server.port, refusing);
    await client.listTools(scope);
    const refused: unknown = await client
      .callTool(forecast, { city: 'Oslo' }, { ...scope, userClaim: 'refused' })
      .catch((error: unknown) => error);
    expect(failureMessage(refused, 1000)).toBe(`The toolset refused the call (HTTP ${status}).`);
    await client.callTool(forecast, { city: 'Oslo' }, { ...scope, userClaim: 'accepted' });
    expect([calls, server.initialized, server.calls.length]).toEqual([1, 1, 1]);
  });

  it('gives its session back when it is closed', async () => {
    const server = await serve(true);
    const client = clientOf(server.port);
    await client.listTools(scope);
    expect(server.openSessions).toBe(1);
    await client.close();
    expect(server.openSessions).toBe(0);
  });

  it('makes one connection for requests that come at once, also after the session is gone', async () => {
    const server = await serve(true);
    const client = clientOf(server.port);
    await Promise.all([1, 2, 3].map(() => client.listTools(scope)));
    expect(server.initialized).toBe(1);
    server.forgetSessions();
    const results = await Promise.all([1, 2, 3].map(() => client.callTool(forecast, { city: 'Oslo' }, scope)));
    expect(results.map(({ isError }) => isError)).toEqual([undefined, undefined, undefined]);
    expect(server.initialized).toBe(2);
    expect(server.calls).toHaveLength(3);
  });

  it('fails when nobody listens, for the call and for the repetition', async () => {
    const server = await serve(false);
    const client = clientOf(server.port);
    await client.listTools(scope);
    await server.stop();
    await expect(client.callTool(forecast, { city: 'Oslo' }, scope)).rejects.toThrow();
  });

  it('does not repeat a call whose answer was lost, since it may have run', async () => {
    const broken = new BreakingToolset();
    await broken.listen();
    closing.push(() => broken.stop());
    const client = clientOf(broken.port);
    await client.listTools(scope);
    await expect(client.callTool(forecast, { city: 'Oslo' }, scope)).rejects.toThrow();
    expect(broken.methods.filter((method) => method === 'tools/call')).toHaveLength(1);
  });

  it('gives a session back that it no longer uses', async () => {
    const broken = new BreakingToolset();
    await broken.listen();
    closing.push(() => broken.stop());
    const client = clientOf(broken.port);
    for (let i = 0; i < 3; i += 1) {
      await client.listTools(scope);
      await expect(client.callTool(forecast, { city: 'Oslo' }, scope)).rejects.toThrow();
    }
    const began = broken.methods.filter((method) => method === 'initialize').length;
    expect(began).toBe(3);
    while (broken.ended < began) await setImmediate();
  });

  it('keeps no connection open for a call that has timed out, also in a session', async () => {
    const server = await serve(true);
    const through = createFetch(dispatcher);
    let call: Promise<Response> | undefined;
    const seen: typeof fetch = (input, init) => {
      const answer = through(input, init);
      if ((init?.body as string | undefined)?.includes('"tools/call"') === true) call = answer;
      return answer;
    };
    const binding = { ...weather('slow'), host: '127.0.0.1', port: server.port, timeoutMs: 300 };
    const client = new ToolsetClient(binding, seen, bearer);
    closing.push(() => client.close());
    await client.listTools(scope);
    await expect(client.callTool(slow, {}, scope)).rejects.toThrow('Request timed out');
    await expect(call).rejects.toThrow('aborted due to timeout');
  });

  describe('while a toolset does not answer', () => {
    const silent = createServer(() => undefined);

    beforeEach(() => new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve)));

    afterEach(async () => {
      silent.closeAllConnections();
      await new Promise<void>((resolve) => silent.close(() => resolve()));
    });

    const port = () => (silent.address() as AddressInfo).port;

    it('gives up waiting for it when its request is over', async () => {
      const request = new AbortController();
      const listing = clientOf(port()).listTools({ ...scope, requestId: 'request-2', signal: request.signal });
      request.abort(new Error('over'));
      await expect(listing).rejects.toThrow('over');
    });

    it('gives up waiting for it when it is closed', async () => {
      const client = clientOf(port());
      const listing = client.listTools(scope);
      await Promise.all([client.close(), expect(listing).rejects.toThrow('The toolset client is closed.')]);
      await expect(client.listTools(scope)).rejects.toThrow('The toolset client is closed.');
    });
  });
});

/** A session server written by hand that cuts the connection in the middle of each call. */
class BreakingToolset {
  public readonly methods: string[] = [];
  /** Sessions that were given back. */
  public ended = 0;
  private readonly http: Server = createServer((request, response) => {
    void this.answer(request).then((result) => {
      if (result === undefined) return request.socket.destroy();
      response.writeHead(result === null ? 202 : 200, { 'content-type': 'application/json', 'mcp-session-id': 'one' });
      return response.end(result === null ? undefined : JSON.stringify(result));
    });
  });

  public get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  public listen(): Promise<void> {
    return new Promise((resolve) => this.http.listen(0, '127.0.0.1', resolve));
  }

  public stop(): Promise<void> {
    this.http.closeAllConnections();
    return new Promise((resolve) => this.http.close(() => resolve()));
  }

  private async answer(request: IncomingMessage): Promise<object | null | undefined> {
    if (request.method === 'DELETE') this.ended += 1;
    if (request.method !== 'POST') return null;
    const { id, method } = (await json(request)) as { id?: number; method: string };
    this.methods.push(method);
    if (method === 'tools/call') return undefined;
    if (id === undefined) return null;
    const serverInfo = { name: 'breaking', version: '1' };
    const initialized = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo };
    const tools = [{ name: 'forecast', inputSchema: { type: 'object' } }];
    if (method === 'initialize') return { jsonrpc: '2.0', id, result: initialized };
    if (method === 'tools/list') return { jsonrpc: '2.0', id, result: { tools } };
    return { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } };
  }
}
