import { once } from 'node:events';
import type { GatewayDocumentInput } from 'agentyard/contract';
import {
  ann,
  begin,
  CALL,
  EVENTS,
  invokeAnswer,
  offering,
  offeringTo,
  send,
  startAnsweringAgent,
} from './agent-tool-fixture';
import {
  agent,
  API_KEYS,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  freePort,
  startServer,
  startTestGateway,
} from './fixture';
import { serverOf, startForeign, textOf } from './mcp-server-fixture';
import { connect, messageOf, post, toolset } from './toolset-fixture';

afterEach(cleanUp);

describe('agents as tools', () => {
  it('say of each notification which event it is, to who takes events', async () => {
    const gateway = await offering(await startAnsweringAgent());
    const asked = { ...CALL, _meta: { progressToken: 'p1' } };
    const answer = await post(gateway, 'legacy', 'tools/call', asked);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const lines = [...(await answer.text()).matchAll(/^data: (.*)$/gm)];
    const messages = lines.map(([, data]) => JSON.parse(data ?? '') as unknown);
    expect(messages.slice(0, -1)).toEqual(
      EVENTS.map(({ type }, i) => ({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: {
          progressToken: 'p1',
          progress: i + 1,
          message: expect.any(String),
          _meta: { 'agentyard.dev/event': type },
        },
      })),
    );
    expect(messages.at(-1)).toMatchObject({ id: 7, result: { isError: false } });
    const plain = await post(gateway, 'legacy', 'tools/call', asked, { accept: 'application/json' });
    expect(plain.headers.get('content-type')).toBe('application/json');
    expect((await messageOf(plain)).result).toMatchObject({ isError: false });
  });

  it('are none that the document does not name', async () => {
    const gateway = await offering(await startAnsweringAgent(), {}, { agentTools: [] });
    expect((await (await connect(gateway, 'modern')).listTools()).tools).toEqual([]);
    expect((await messageOf(await post(gateway, 'modern', 'tools/call', CALL))).error).toMatchObject({ code: -32602 });
    expect((await post(gateway, 'modern', 'tools/list', {}, {}, '/mcp/support')).status).toBe(404);
  });

  it('are served alone at a path of their own', async () => {
    const gateway = await offering(await startAnsweringAgent(), {}, { toolsets: [toolset('logs', ['echo'])] });
    const client = await connect(gateway, 'legacy', {}, '/mcp/support');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['support']);
    expect(textOf(await client.callTool(CALL))).toBe('All is well.');
  });

  it('keep their names: a server’s tool of the same name is prefixed', async () => {
    const server = await startForeign('crm', 'modern', (each) => {
      each.registerTool('support', {}, () => ({ content: [{ type: 'text', text: 'from crm' }] }));
    });
    const gateway = await offering(await startAnsweringAgent(), {}, { mcpServers: [serverOf('crm', server.url)] });
    const client = await connect(gateway, 'modern');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['support', 'crm__support']);
    expect(textOf(await client.callTool(CALL))).toBe('All is well.');
    expect(textOf(await client.callTool({ name: 'crm__support', arguments: {} }))).toBe('from crm');
  });

  it('go where the routes lead, for those whom these take', async () => {
    const [old, next] = [
      await startAnsweringAgent(),
      await startAnsweringAgent(invokeAnswer({ agent: 'next', output: 'Better.' })),
    ];
    const named = byAgent('support', ['next'], 200);
    const document = documentOf({
      agents: [agent('support'), agent('next')],
      routes: [
        {
          ...named,
          name: 'beta',
          match: { by: 'agent', agent: 'support', headers: [{ by: 'value', name: 'x-beta', value: '1' }] },
        },
        byAgent('support'),
      ],
      agentTools: ['support'],
    });
    const hosts = { 'support-pods:8080': [old.address], 'next-pods:8080': [next.address] };
    const gateway = await startTestGateway({ document, hosts });
    const ask = async (headers: object) => {
      const { result } = await messageOf(await post(gateway, 'modern', 'tools/call', CALL, headers));
      return textOf(result);
    };
    expect(await ask({ 'x-beta': '1' })).toBe('Better.');
    expect(await ask({})).toBe('All is well.');
    await gateway.writeDocument({ ...document, routes: [document.routes[0]] });
    await eventually(
      async () =>
        (await ask({ 'x-beta': '1' })) === 'Better.' && gateway.logs.some(({ event }) => event === 'reloaded'),
    );
    const list = async (headers: object) =>
      ((await messageOf(await post(gateway, 'modern', 'tools/list', {}, headers))).result as { tools: unknown[] })
        .tools;
    expect(await list({})).toEqual([]);
    const { error } = await messageOf(await post(gateway, 'modern', 'tools/call', CALL));
    expect(error).toEqual({ code: -32602, message: 'Unknown tool: support' });
    expect(gateway.logs.findLast(({ event }) => event === 'decision')).toMatchObject({
      decision: 'denied',
      reason: 'route-unmatched',
    });
    expect(await list({ 'x-beta': '1' })).toHaveLength(1);
  });

  it('are told to those who listen when they become others', async () => {
    const server = await startAnsweringAgent();
    const gateway = await offering(server);
    let changes = 0;
    const client = await connect(gateway, 'modern');
    client.setNotificationHandler('notifications/tools/list_changed', () => void (changes += 1));
    await client.listen({ toolsListChanged: true });
    await gateway.writeDocument(
      documentOf({
        agents: [agent('support', { card: { description: 'Answers more.' } })],
        routes: [byAgent('support')],
        agentTools: ['support'],
      }),
    );
    await eventually(() => changes === 1);
    expect((await client.listTools()).tools[0]?.description).toBe('Answers more.');
  });

  it('answer nobody for whom a quota cannot be checked', async () => {
    const server = await startAnsweringAgent();
    const document: Partial<GatewayDocumentInput> = {
      auth: API_KEYS,
      quotas: [{ name: 'tokens', unit: 'tokens', perDay: 1_000, reserve: 10 }],
      store: { kind: 'valkey', host: 'valkey', port: 6379 },
    };
    const nowhere = { 'valkey:6379': [`127.0.0.1:${await freePort()}`] };
    const gateway = await offering(server, {}, document, nowhere);
    const { result } = await messageOf(await post(gateway, 'modern', 'tools/call', CALL, { 'x-api-key': ann.key }));
    expect(result).toMatchObject({ isError: true });
    expect(textOf(result)).toMatch(/^quota-unavailable: /);
    expect(server.requests).toEqual([]);
  });

  it('end in words that a client reads when the gateway ends', async () => {
    const gateway = await offeringTo((_request, response) => {
      begin(response);
      send(response, { type: 'turn-started', turn: 1 });
    });
    const answer = await post(gateway, 'legacy', 'tools/call', { ...CALL, _meta: { progressToken: 1 } });
    const closed = gateway.close();
    const last = [...(await answer.text()).matchAll(/^data: (.*)$/gm)].at(-1)?.[1];
    expect(JSON.parse(last ?? '')).toMatchObject({ id: 7, error: { code: -32000 } });
    await closed;
  });

  it('are given up when an event has no end', async () => {
    let left = false;
    const gateway = await offeringTo((_request, response) => {
      begin(response);
      response.on('close', () => (left = true));
      response.write('data: {"type":"text-delta","text":"');
      for (let i = 0; i < 33; i += 1) response.write(Buffer.alloc(1024 * 1024, 'x'));
    });
    const answer = await post(gateway, 'legacy', 'tools/call', { ...CALL, _meta: { progressToken: 1 } });
    const { result } = await messageOf(answer);
    expect(result).toMatchObject({ isError: true });
    expect(textOf(result)).toMatch(/^agent-failed: .* over 33554432 bytes/);
    await eventually(() => left);
  });

  it('hold the agent back while a client does not read', async () => {
    const text = 'x'.repeat(65_536);
    let waiting = false;
    let written = 0;
    const gateway = await offeringTo(async (_request, response) => {
      begin(response);
      const closed = once(response, 'close');
      while (!response.destroyed) {
        written += text.length;
        if (send(response, { type: 'text-delta', text })) continue;
        waiting = true;
        await Promise.race([once(response, 'drain'), closed]);
        waiting = false;
      }
    });
    const leaving = new AbortController();
    const answer = await fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { ...CALL, _meta: { progressToken: 1 } },
      }),
      signal: leaving.signal,
    });
    let before = -1;
    await eventually(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const same = waiting && written === before;
      before = written;
      return same;
    });
    const reader = answer.body?.getReader();
    while (written === before) await reader?.read();
    expect(written).toBeGreaterThan(before);
    leaving.abort();
  });

  it('are cancelled at whichever replica has the call', async () => {
    let left = 0;
    const server = await startServer((_request, response) => void response.on('close', () => (left += 1)));
    const ports = [await freePort(), await freePort()];
    const document = documentOf({
      agents: [agent('support')],
      routes: [byAgent('support')],
      agentTools: ['support'],
      peers: { host: 'gateway-peers', port: 9_300 },
    });
    const hosts = {
      'support-pods:8080': [server.address],
      'gateway-peers:9300': ports.map((port) => `127.0.0.1:${port}`),
    };
    const [one, other] = await Promise.all(ports.map((peerPort) => startTestGateway({ document, hosts, peerPort })));
    if (one === undefined || other === undefined) throw new Error('there are two');
    const begun = await post(one, 'legacy', 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    });
    await begun.text();
    const session = { 'mcp-session-id': begun.headers.get('mcp-session-id') };
    const call = post(one, 'legacy', 'tools/call', CALL, session);
    await eventually(() => server.requests.length === 1);
    const note = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } };
    const told = await fetch(`${other.url}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': String(session['mcp-session-id']),
      },
      body: JSON.stringify(note),
    });
    expect(told.status).toBe(202);
    expect(await (await call).text()).toBe('');
    await eventually(() => left === 1);
  });
});
