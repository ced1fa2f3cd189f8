import {
  agent,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  outcomeLine,
  startServer,
  startTestGateway,
} from './fixture';
import {
  connect,
  messageOf,
  post,
  startRawToolset,
  startToolset,
  toolset,
  type Era,
  type ToolsetInput,
} from './toolset-fixture';

afterEach(cleanUp);

/** A gateway before toolsets at these addresses. */
async function gatewayBefore(
  toolsets: readonly ToolsetInput[],
  addresses: Readonly<Record<string, string | undefined>>,
  auth = false,
) {
  const key = apiKey('alice0001', { user: 'alice' });
  return startTestGateway({
    document: documentOf({
      toolsets: [...toolsets],
      ...(auth && { auth: API_KEYS }),
    }),
    hosts: Object.fromEntries(
      Object.entries(addresses).map(([name, address]) => [`${name}-pods:8080`, address === undefined ? [] : [address]]),
    ),
    keys: { alice: key.file },
  });
}

const textOf = (result: unknown): unknown => (result as { content: { text: unknown }[] }).content[0]?.text;

describe.each<Era>(['modern', 'legacy'])('MCP in the %s era', (era) => {
  it('lists the declared tools of all toolsets under their offered names, in the document’s order', async () => {
    const [logs, files] = await Promise.all([startToolset('logs'), startToolset('files')]);
    const gateway = await gatewayBefore(
      [toolset('logs', { fail: 'fail', echo: 'logs__echo' }), toolset('files', { echo: 'files__echo' })],
      { logs: logs.address, files: files.address },
    );
    const client = await connect(gateway, era);
    expect(client.getServerVersion()).toMatchObject({ name: 'gateway' });
    const { tools } = await client.listTools();
    expect(tools.map(({ name, description }) => [name, description])).toEqual([
      ['fail', 'fails'],
      ['logs__echo', 'logs echoes'],
      ['files__echo', 'files echoes'],
    ]);
    expect(tools[1]?.inputSchema).toMatchObject({ type: 'object', properties: { text: { type: 'string' } } });
  });

  it('sends a call to the tool’s owner under its own name, also when two have the same', async () => {
    const [logs, files] = await Promise.all([startToolset('logs'), startToolset('files')]);
    const gateway = await gatewayBefore(
      [toolset('logs', { echo: 'logs__echo' }), toolset('files', { echo: 'files__echo' })],
      { logs: logs.address, files: files.address },
    );
    const client = await connect(gateway, era);
    expect(textOf(await client.callTool({ name: 'files__echo', arguments: { text: 'hi' } }))).toBe('files: hi');
    expect(textOf(await client.callTool({ name: 'logs__echo', arguments: { text: 'hi' } }))).toBe('logs: hi');
    expect(logs.requests).toHaveLength(1);
    expect(logs.requests[0]?.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'echo',
    });
  });

  it('passes an error of a tool on as a result', async () => {
    const logs = await startToolset('logs');
    const client = await connect(await gatewayBefore([toolset('logs', ['fail'])], { logs: logs.address }), era);
    const result = await client.callTool({ name: 'fail', arguments: { text: 'hi' } });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain('the disk is full');
  });

  it('answers -32602 for a tool that the document does not offer, without asking a toolset', async () => {
    const logs = await startToolset('logs');
    const gateway = await gatewayBefore([toolset('logs', { echo: 'logs__echo' })], { logs: logs.address });
    const client = await connect(gateway, era);
    for (const name of ['echo', 'fail', 'nothing']) {
      await expect(client.callTool({ name, arguments: { text: 'hi' } })).rejects.toMatchObject({
        code: -32602,
        message: expect.stringContaining(name),
      });
    }
    expect(logs.requests).toEqual([]);
  });

  it('passes JSON-RPC errors of a toolset on as errors, with their data', async () => {
    const logs = await startRawToolset(() => ({
      error: { code: -32050, message: 'queue full', data: { waiting: 16 } },
    }));
    const gateway = await gatewayBefore([toolset('logs', ['echo'])], { logs: logs.address });
    const message = await messageOf(await post(gateway, era, 'tools/call', { name: 'echo', arguments: {} }));
    expect(message).toEqual({
      jsonrpc: '2.0',
      id: 7,
      error: { code: -32050, message: 'queue full', data: { waiting: 16 } },
    });
    expect(await eventually(() => gateway.logs.find(({ rpcError }) => rpcError !== undefined))).toMatchObject({
      type: 'audit',
      rpcError: -32050,
    });
  });

  it('keeps members that it does not know, of tools and of results, and answers in its own name', async () => {
    const tool = {
      name: 'echo',
      inputSchema: { type: 'object', 'x-ui': 1 },
      'x-tool': { deep: [1] },
      icons: [{ src: 'data:,' }],
    };
    const content = [{ type: 'text', text: 'hi', 'x-block': true }];
    const logs = await startRawToolset(({ method }) =>
      method === 'tools/list'
        ? { result: { resultType: 'complete', tools: [tool], ttlMs: 60_000, cacheScope: 'public' } }
        : {
            result: {
              resultType: 'complete',
              content,
              structuredContent: { a: 1 },
              'x-result': 'kept',
              _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'toolset', version: '1' }, 'x-meta': 1 },
            },
          },
    );
    const gateway = await gatewayBefore([toolset('logs', { echo: 'logs__echo' })], { logs: logs.address });
    const listed = (await messageOf(await post(gateway, era, 'tools/list', {}))).result as { tools: unknown };
    expect(listed.tools).toEqual([{ ...tool, name: 'logs__echo' }]);
    const answer = await messageOf(await post(gateway, era, 'tools/call', { name: 'logs__echo', arguments: {} }));
    const own =
      era === 'modern'
        ? { 'io.modelcontextprotocol/serverInfo': { name: 'gateway', version: expect.any(String) } }
        : {};
    expect(answer.result).toEqual({
      content,
      structuredContent: { a: 1 },
      'x-result': 'kept',
      _meta: { 'x-meta': 1, ...own },
      ...(era === 'modern' && { resultType: 'complete' }),
    });
  });

  it('lists the others’ tools when a toolset is down, and answers a call of it with an error that may be retried', async () => {
    const logs = await startToolset('logs');
    const gateway = await gatewayBefore([toolset('dead', ['read']), toolset('logs', ['echo'])], {
      dead: undefined,
      logs: logs.address,
    });
    const client = await connect(gateway, era);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo']);
    expect(gateway.logs.find(({ event }) => event === 'toolset-unavailable')).toMatchObject({
      level: 'warn',
      toolset: 'dead',
    });
    const result = await client.callTool({ name: 'read', arguments: {} });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/"dead" is unavailable.*may be retried/);
  });

  it('tells a call that may have had its effect from one that was not sent', async () => {
    const silent = await startServer(() => undefined);
    const broken = await startServer((_request, response) => void response.destroy());
    const html = await startServer((_request, response) => void response.end('<html>'));
    const gateway = await gatewayBefore(
      [toolset('silent', ['one'], { timeoutMs: 50 }), toolset('broken', ['two']), toolset('html', ['three'])],
      { silent: silent.address, broken: broken.address, html: html.address },
    );
    const client = await connect(gateway, era);
    for (const [name, reason] of [
      // What the request has left of its 50 ms when the call is sent.
      ['one', /no answer within (50|[1-4]?\d) ms/],
      ['two', /the connection broke/],
      ['three', /not a JSON-RPC response/],
    ] as const) {
      const result = await client.callTool({ name, arguments: {} });
      expect(result.isError).toBe(true);
      expect(textOf(result)).toMatch(reason);
      expect(textOf(result)).toContain('may have had its effect');
    }
    expect(silent.requests).toHaveLength(1);
    expect(broken.requests).toHaveLength(1);
  });

  it('cancels the call at the toolset when the client closes its request', async () => {
    const logs = await startToolset('logs');
    const gateway = await gatewayBefore([toolset('logs', ['slow'])], { logs: logs.address });
    const leave = new AbortController();
    const client = await connect(gateway, era);
    const call = client
      .callTool({ name: 'slow', arguments: { text: 'hi' } }, { signal: leave.signal })
      .catch((error: Error) => error);
    await eventually(() => logs.requests.length === 1);
    leave.abort();
    await call;
    await client.close();
    await eventually(() => logs.cancelled() === 1);
  });

  it('asks for a key, and passes neither it nor the client’s other headers on', async () => {
    const logs = await startToolset('logs');
    const gateway = await gatewayBefore([toolset('logs', ['echo'])], { logs: logs.address }, true);
    const { key } = apiKey('alice0001');
    await expect(connect(gateway, era)).rejects.toThrow();
    const client = await connect(gateway, era, { authorization: `Bearer ${key}`, cookie: 'canary-cookie' });
    await client.callTool({ name: 'echo', arguments: { text: 'canary-argument' } });
    const line = await eventually(() =>
      gateway.logs.find(({ method, event }) => method === 'tools/call' && event === 'request'),
    );
    expect(line).toMatchObject({
      type: 'audit',
      user: 'alice',
      toolset: 'logs',
      tool: 'echo',
      status: 200,
      isError: false,
    });
    expect(JSON.stringify(logs.requests)).not.toContain(key.slice(-43));
    expect(JSON.stringify(logs.requests)).not.toContain('canary-cookie');
    expect(JSON.stringify(gateway.logs)).not.toMatch(new RegExp(`canary|${key.slice(-43)}`));
  });

  it('answers -32601 for what it does not serve', async () => {
    const gateway = await gatewayBefore([], {});
    const answer = await post(gateway, era, 'prompts/list', {});
    expect(answer.status).toBe(era === 'modern' ? 404 : 200);
    expect(await messageOf(answer)).toMatchObject({ error: { code: -32601 } });
    const line = await outcomeLine(gateway);
    expect(line).toMatchObject({ method: 'prompts/list' });
  });
});

describe('MCP', () => {
  it('answers pings of the legacy era, and 405 to GET and DELETE without a session', async () => {
    const gateway = await gatewayBefore([], {});
    const client = await connect(gateway, 'legacy');
    expect(await client.ping()).toEqual({});
    for (const method of ['GET', 'DELETE']) {
      const answer = await fetch(`${gateway.url}/mcp`, { method, headers: { accept: 'text/event-stream' } });
      expect(answer.status).toBe(405);
    }
  });

  it('ends a listen stream with its result when it is to end, so that its client goes to another replica', async () => {
    const gateway = await gatewayBefore([], {});
    const answer = await post(gateway, 'modern', 'subscriptions/listen', { notifications: { toolsListChanged: true } });
    const events: string[] = [];
    for await (const chunk of answer.body ?? []) {
      events.push(Buffer.from(chunk as Uint8Array).toString('utf8'));
      if (events.length === 1) gateway.health.drain();
    }
    expect(events[0]).toContain('notifications/subscriptions/acknowledged');
    expect(events.join('')).toContain('"resultType":"complete"');
  });

  it('refuses headers that disagree with the body (MCP 2026-07-28, -32020)', async () => {
    const logs = await startToolset('logs');
    const gateway = await gatewayBefore([toolset('logs', ['echo', 'fail'])], { logs: logs.address });
    const answer = await post(
      gateway,
      'modern',
      'tools/call',
      { name: 'echo', arguments: { text: 'hi' } },
      { 'mcp-name': 'fail' },
    );
    expect(answer.status).toBe(400);
    expect(await messageOf(answer)).toMatchObject({ error: { code: -32020 } });
    expect(logs.requests).toEqual([]);
  });

  it('answers a body that is not JSON, or of another media type, with an error', async () => {
    const gateway = await gatewayBefore([], {});
    const send = (type: string, body: string) =>
      fetch(`${gateway.url}/mcp`, {
        method: 'POST',
        headers: { 'content-type': type, accept: 'application/json, text/event-stream' },
        body,
      });
    const malformed = await send('application/json', '{"jsonrpc"');
    expect(malformed.status).toBe(400);
    expect(await malformed.json()).toMatchObject({ error: { code: -32700 } });
    expect((await send('text/plain', '{}')).status).toBe(415);
  });

  it('reads an answer of a toolset from a stream of events, whatever its pieces', async () => {
    const events = (id: number) =>
      [
        ': a comment',
        '',
        'event: message',
        `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"é"}}`,
        '',
        `data: {"jsonrpc":"2.0","id":${id},`,
        `data: "result":{"resultType":"complete","content":[{"type":"text","text":"straße"}]}}`,
        '',
        '',
      ].join('\r\n');
    const logs = await startServer(async (_request, response, body) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      const { id } = JSON.parse(body) as { id: number };
      for (const byte of Buffer.from(events(id)))
        await new Promise((resolve) => response.write(Buffer.of(byte), resolve));
    });
    const gateway = await gatewayBefore([toolset('logs', ['echo'])], { logs: logs.address });
    const client = await connect(gateway, 'modern');
    expect(textOf(await client.callTool({ name: 'echo', arguments: {} }))).toBe('straße');
  });

  it('reads all pages of a toolset’s list', async () => {
    const logs = await startRawToolset(({ params }) => {
      const page = Number(params.cursor ?? '0');
      const tool = { name: `tool${page}`, inputSchema: { type: 'object' } };
      return { result: { resultType: 'complete', tools: [tool], ...(page < 2 && { nextCursor: String(page + 1) }) } };
    });
    const gateway = await gatewayBefore([toolset('logs', ['tool2', 'tool0', 'tool9'])], { logs: logs.address });
    const client = await connect(gateway, 'modern');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['tool2', 'tool0']);
    expect(gateway.logs.find(({ event }) => event === 'tool-missing')).toMatchObject({ level: 'warn', tool: 'tool9' });
  });

  it('goes to another pod when one refuses the connection', async () => {
    const [gone, logs] = await Promise.all([startToolset('gone'), startToolset('logs')]);
    await gone.close();
    const gateway = await gatewayBefore([toolset('logs', ['echo'])], {});
    await gateway.writeHosts({ 'logs-pods:8080': [gone.address, logs.address] });
    const client = await connect(gateway, 'modern');
    for (let i = 0; i < 10; i += 1) {
      expect(textOf(await client.callTool({ name: 'echo', arguments: { text: 'hi' } }))).toBe('logs: hi');
    }
  });

  it.each([
    ['application/json', {}],
    ['application/json, text/event-stream', { progressToken: 1 }],
  ])('passes trace context on, and asks for progress where it can be passed back: %s', async (accept, progress) => {
    const logs = await startRawToolset(() => ({ result: { resultType: 'complete', content: [] } }));
    const gateway = await gatewayBefore([toolset('logs', ['echo'])], { logs: logs.address });
    const _meta = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', progressToken: 1 };
    const headers = { 'x-request-id': 'abc-1', accept };
    await (await post(gateway, 'legacy', 'tools/call', { name: 'echo', arguments: {}, _meta }, headers)).text();
    const sent = JSON.parse(logs.requests[0]?.body ?? '') as { params: { _meta: Record<string, unknown> } };
    expect(sent.params._meta).toEqual({
      traceparent: _meta.traceparent,
      ...progress,
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'gateway', version: expect.any(String) },
      'io.modelcontextprotocol/clientCapabilities': {},
    });
    expect(logs.requests[0]?.headers['x-request-id']).toBe('abc-1');
  });

  it('offers other tools after a reload', async () => {
    const logs = await startToolset('logs');
    const document = documentOf({
      toolsets: [toolset('logs', ['echo'])],
      agents: [agent('a')],
      routes: [byAgent('a')],
    });
    const gateway = await startTestGateway({ document, hosts: { 'logs-pods:8080': [logs.address] } });
    const client = await connect(gateway, 'modern');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo']);
    await gateway.writeDocument({ ...document, toolsets: [toolset('logs', { echo: 'say', fail: 'fail' })] });
    await eventually(() => gateway.logs.some(({ event }) => event === 'reloaded'));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['say', 'fail']);
    await expect(client.callTool({ name: 'echo', arguments: { text: 'hi' } })).rejects.toMatchObject({ code: -32602 });
  });
});
