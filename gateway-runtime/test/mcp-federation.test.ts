import { ResourceTemplate, type McpServer } from '@modelcontextprotocol/server';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { API_KEYS, apiKey, cleanUp, documentOf, eventually, logLine, startServer, startTestGateway } from './fixture';
import { connectTo, got, serverOf, startForeign, startRawServer, textOf, type ServerInput } from './mcp-server-fixture';
import { connect, messageOf, post, startToolset, toolset, type Era } from './toolset-fixture';

afterEach(cleanUp);

/** Gives a server tools that answer with their own name. */
const withTools =
  (...names: readonly string[]) =>
  (server: McpServer): void => {
    for (const name of names) {
      server.registerTool(name, { description: name }, () => ({ content: [{ type: 'text', text: `own ${name}` }] }));
    }
  };

async function gatewayBefore(mcpServers: readonly ServerInput[], more: Partial<GatewayDocumentInput> = {}) {
  return startTestGateway({ document: documentOf({ mcpServers: [...mcpServers], ...more }) });
}

const namesOf = async (client: Awaited<ReturnType<typeof connect>>): Promise<readonly string[]> =>
  (await client.listTools()).tools.map(({ name }) => name);

const ERAS: readonly Era[] = ['modern', 'legacy'];

describe.each(ERAS)('servers of the %s era behind one endpoint', (serverEra) => {
  it.each([
    ['prefixed', ['a__both', 'a__one', 'b__both', 'b__two'], 'b__both', 'own both'],
    ['prefixed-on-conflict', ['a__both', 'one', 'b__both', 'two'], 'two', 'own two'],
    ['own', ['both', 'one', 'two'], 'two', 'own two'],
  ] as const)('have names by the policy %s, in the order of the document', async (foreignNames, names, call, text) => {
    const a = await startForeign('a', serverEra, withTools('both', 'one'));
    const b = await startForeign('b', serverEra, withTools('both', 'two'));
    const gateway = await gatewayBefore([serverOf('a', a.url), serverOf('b', b.url)], { foreignNames });
    for (const era of ERAS) {
      const client = await connect(gateway, era);
      expect(await namesOf(client)).toEqual(names);
      expect(await namesOf(client)).toEqual(names);
      expect(textOf(await client.callTool({ name: call, arguments: {} }))).toBe(text);
    }
    expect(got(a, 'tools/call')).toEqual([]);
  });

  it('keep resources, templates, prompts and completion, by their own URIs', async () => {
    const register = (name: string) => (server: McpServer) => {
      withTools(name)(server);
      server.registerResource(name, `test://${name}`, {}, ({ href }) => ({ contents: [{ uri: href, text: name }] }));
      server.registerResource('shared', 'test://shared', {}, ({ href }) => ({ contents: [{ uri: href, text: name }] }));
      const template = new ResourceTemplate(`${name}://{id}/data`, {
        list: undefined,
        complete: { id: (value) => [`${value}-${name}`] },
      });
      server.registerResource('t', template, {}, ({ href }) => ({ contents: [{ uri: href, text: `t ${name}` }] }));
      server.registerPrompt('greet', {}, () => ({
        messages: [{ role: 'user', content: { type: 'text', text: `I am ${name}` } }],
      }));
    };
    const [a, b] = await Promise.all([
      startForeign('a', serverEra, register('a')),
      startForeign('b', serverEra, register('b')),
    ]);
    const gateway = await gatewayBefore([serverOf('a', a.url), serverOf('b', b.url)]);
    for (const era of ERAS) {
      const client = await connect(gateway, era);
      const { resources } = await client.listResources();
      expect(resources.map(({ uri }) => uri)).toEqual(['test://a', 'a+test://shared', 'test://b', 'b+test://shared']);
      expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(2);
      const textAt = async (uri: string) => (await client.readResource({ uri })).contents[0];
      expect(await textAt('test://b')).toMatchObject({ text: 'b' });
      expect(await textAt('b+test://shared')).toMatchObject({ text: 'b' });
      expect(await textAt('b://7/data')).toMatchObject({ text: 't b' });
      expect((await client.listPrompts()).prompts.map(({ name }) => name)).toEqual(['a__greet', 'b__greet']);
      const prompt = await client.getPrompt({ name: 'b__greet' });
      expect(prompt.messages[0]?.content).toMatchObject({ text: 'I am b' });
      const ref = { type: 'ref/resource' as const, uri: 'b://{id}/data' };
      const { completion } = await client.complete({ ref, argument: { name: 'id', value: '1' } });
      expect(completion.values).toEqual(['1-b']);
      await expect(client.readResource({ uri: 'test://nothing' })).rejects.toMatchObject({ code: -32602 });
    }
  });
});

describe('names', () => {
  it('of one server never stand for what another one has', async () => {
    const a = await startForeign('a', 'modern', withTools('x'));
    const b = await startForeign('b', 'modern', withTools('x', 'a__x'));
    const gateway = await gatewayBefore([serverOf('a', a.url), serverOf('b', b.url)]);
    const client = await connect(gateway, 'modern');
    expect(await namesOf(client)).toEqual(['a__x', 'b__x', 'b__a__x']);
    await client.callTool({ name: 'a__x', arguments: {} });
    expect(got(a, 'tools/call')).toHaveLength(1);
    expect(got(b, 'tools/call')).toEqual([]);
  });

  it('may be those that every object has', async () => {
    const list = ['__proto__', 'toString'].map((name) => ({ name, inputSchema: { type: 'object' } }));
    const server = await startRawServer(({ method, params }) => {
      const content = [{ type: 'text', text: `own ${String(params.name)}` }];
      return { result: { resultType: 'complete', ...(method === 'tools/list' ? { tools: list } : { content }) } };
    });
    const other = await startForeign('a', 'legacy', withTools('x'));
    const servers = [serverOf('constructor', server.url), serverOf('a', other.url)];
    const gateway = await gatewayBefore(servers, { foreignNames: 'prefixed' });
    for (const era of ERAS) {
      const client = await connect(gateway, era);
      expect(await namesOf(client)).toEqual(['constructor____proto__', 'constructor__toString', 'a__x']);
      const { content } = await client.callTool({ name: 'constructor____proto__', arguments: {} });
      expect(content).toEqual([{ type: 'text', text: 'own __proto__' }]);
    }
  });

  it('stand in a log line in part only if they are long', async () => {
    const server = await startForeign('a', 'modern', withTools('x'));
    const gateway = await gatewayBefore([serverOf('a', server.url)]);
    await post(gateway, 'legacy', 'tools/call', { name: `a__${'n'.repeat(5_000)}` });
    expect(String((await logLine(gateway, 'decision')).tool).length).toBeLessThan(200);
  });
});

describe('a list', () => {
  it.each(ERAS)('has pages of 1,000 items for clients of the %s era, and none twice', async (era) => {
    const tools = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => ({ name: prefix + i }));
    const answer = (list: readonly object[]) => () => ({ result: { resultType: 'complete', tools: list } });
    const a = await startRawServer(answer([...tools('a', 1_200), { name: 'a0' }, { name: 5 }, 'x' as never]));
    const b = await startRawServer(answer(tools('b', 900)));
    const gateway = await gatewayBefore([serverOf('a', a.url), serverOf('b', b.url)]);
    const pages: { tools: { name: string }[]; nextCursor?: string }[] = [];
    let cursor: string | undefined;
    do {
      const answered = await messageOf(await post(gateway, era, 'tools/list', cursor === undefined ? {} : { cursor }));
      pages.push(answered.result as (typeof pages)[number]);
      cursor = pages.at(-1)?.nextCursor;
    } while (cursor !== undefined);
    expect(pages.map((page) => page.tools.length)).toEqual([1_000, 1_000, 100]);
    const names = pages.flatMap((page) => page.tools.map(({ name }) => name));
    expect(names).toEqual([...tools('a', 1_200), ...tools('b', 900)].map(({ name }) => name));
    const wrong = await messageOf(await post(gateway, era, 'tools/list', { cursor: 'x' }));
    expect(wrong.error).toMatchObject({ code: -32602 });
  });

  it('keeps members that nobody here knows', async () => {
    const tool = { name: 'odd', 'x-new': { deep: [1, null] }, annotations: { future: true } };
    const server = await startRawServer(() => ({ result: { resultType: 'complete', tools: [tool] } }));
    const other = await startForeign('b', 'modern', withTools('y'));
    const gateway = await gatewayBefore([serverOf('a', server.url), serverOf('b', other.url)]);
    const { result } = await messageOf(await post(gateway, 'modern', 'tools/list', {}));
    expect((result as { tools: unknown[] }).tools[0]).toEqual(tool);
  });

  it('lacks only what a dead, a slow and a nonsense-talking server have, which is logged', async () => {
    const good = await startForeign('good', 'legacy', withTools('y'));
    const slow = await startServer(() => undefined);
    const odd = await startServer((_request, response) => void response.end('<html>'));
    const logs = await startToolset('logs');
    const gateway = await startTestGateway({
      document: documentOf({
        mcpServers: [
          serverOf('dead', 'http://127.0.0.1:9/mcp', { listTimeoutMs: 300 }),
          serverOf('slow', `http://${slow.address}/mcp`, { listTimeoutMs: 300 }),
          serverOf('odd', `http://${odd.address}/mcp`, { listTimeoutMs: 300 }),
          serverOf('good', good.url),
        ],
        toolsets: [toolset('logs', ['echo'])],
      }),
      hosts: { 'logs-pods:8080': [logs.address] },
    });
    for (const era of ERAS) {
      const client = await connect(gateway, era);
      expect(await namesOf(client)).toEqual(['echo', 'y']);
      expect(textOf(await client.callTool({ name: 'y', arguments: {} }))).toBe('own y');
    }
    for (const server of ['dead', 'slow', 'odd']) {
      expect(gateway.logs).toContainEqual(
        expect.objectContaining({ event: 'server-unavailable', server, list: 'tools/list' }),
      );
    }
  });

  it('can be asked for twice in a batch, of a server with sessions', async () => {
    const server = await startForeign('a', 'legacy', withTools('x'));
    const gateway = await gatewayBefore([serverOf('a', server.url)]);
    const batch = ['tools/list', 'tools/list'].map((method, id) => ({ jsonrpc: '2.0', id, method }));
    const answer = await fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(batch),
    });
    const tools = [expect.objectContaining({ name: 'x' })];
    expect(await answer.json()).toEqual([
      expect.objectContaining({ id: 0, result: expect.objectContaining({ tools }) }),
      expect.objectContaining({ id: 1, result: expect.objectContaining({ tools }) }),
    ]);
  });
});

describe('roles', () => {
  const keys = { dev: apiKey('dev00001', { roles: ['dev'] }), none: apiKey('none0001', { roles: [] }) };
  const files = { dev: keys.dev.file, none: keys.none.file };
  const as = (who: keyof typeof keys) => ({ authorization: `Bearer ${keys[who].key}` });
  const rules = (more: Partial<ServerInput>): Partial<ServerInput> => ({
    otherTools: undefined,
    resources: undefined,
    prompts: undefined,
    ...more,
  });
  const register = (server: McpServer) => {
    withTools('admin', 'open', 'other')(server);
    server.registerResource('r', 'test://r', {}, ({ href }) => ({ contents: [{ uri: href, text: 'r' }] }));
    server.registerPrompt('p', {}, () => ({ messages: [] }));
  };
  const TOOLS: ServerInput['tools'] = [
    { name: 'admin', allowedRoles: ['dev'] },
    { name: 'open', allowedRoles: '*' },
  ];

  it.each(ERAS)('decide what clients of the %s era see and use; who is not named may nothing', async (era) => {
    const server = await startForeign('a', 'legacy', register);
    const gateway = await startTestGateway({
      document: documentOf({ auth: API_KEYS, mcpServers: [serverOf('a', server.url, rules({ tools: TOOLS }))] }),
      keys: files,
    });
    for (const path of ['/mcp', '/mcp/a']) {
      const dev = await connect(gateway, era, as('dev'), path);
      const none = await connect(gateway, era, as('none'), path);
      expect(await namesOf(dev)).toEqual(['admin', 'open']);
      expect(await namesOf(none)).toEqual(['open']);
      expect(none.getServerCapabilities()).not.toMatchObject({ resources: expect.anything() });
      expect(none.getServerCapabilities()).not.toMatchObject({ prompts: expect.anything() });
      expect(textOf(await dev.callTool({ name: 'admin', arguments: {} }))).toBe('own admin');
    }
    const calls = got(server, 'tools/call').length;
    for (const path of ['/mcp', '/mcp/a']) {
      const ask = (method: string, params: object) =>
        post(gateway, era, method, params, as('none'), path).then(messageOf);
      // What is not allowed, what nobody may, and what is not there.
      for (const name of ['admin', 'other', 'nothing']) {
        expect(await ask('tools/call', { name, arguments: {} })).toEqual({
          jsonrpc: '2.0',
          id: 7,
          error: { code: -32602, message: `Unknown tool: ${name}` },
        });
      }
      for (const name of ['p', 'nothing']) {
        expect(await ask('prompts/get', { name })).toMatchObject({ error: { message: `Unknown prompt: ${name}` } });
      }
      expect(await ask('resources/list', {})).toMatchObject({ result: { resources: [] } });
      expect(await ask('prompts/list', {})).toMatchObject({ result: { prompts: [] } });
    }
    expect(got(server, 'tools/call')).toHaveLength(calls);
    expect(got(server, 'prompts/get')).toEqual([]);
  });

  it.each(ERAS)('hide what a server refuses in its own words, too (%s)', async (era) => {
    const server = await startForeign('a', 'modern', register);
    const gateway = await startTestGateway({
      document: documentOf({
        auth: API_KEYS,
        mcpServers: [serverOf('a', server.url, { tools: [{ name: 'admin', allowedRoles: ['dev'] }] })],
      }),
      keys: files,
    });
    for (const path of ['/mcp', '/mcp/a']) {
      for (const name of ['admin', 'nothing']) {
        const answer = await post(gateway, era, 'tools/call', { name, arguments: {} }, as('none'), path);
        expect((await messageOf(answer)).error).toEqual({ code: -32602, message: `Unknown tool: ${name}` });
      }
    }
    expect(got(server, 'tools/call')).toEqual([]);
  });

  it('leave a decision before all that a server sees, look-ups of names among it', async () => {
    const server = await startForeign('a', 'modern', register);
    const mcpServers = [serverOf('a', server.url, rules({ tools: TOOLS })), serverOf('b', server.url, rules({}))];
    const gateway = await startTestGateway({ document: documentOf({ auth: API_KEYS, mcpServers }), keys: files });
    await post(gateway, 'legacy', 'tools/call', { name: 'admin', arguments: {} }, as('none'));
    const decisions = gateway.logs.filter(({ event }) => event === 'decision');
    expect(decisions).toMatchObject([
      { decision: 'allowed', reason: 'look-up', server: 'a' },
      { decision: 'denied', reason: 'tool-unknown' },
    ]);
    const ids = server.requests.map(({ headers }) => headers['x-request-id']);
    expect(new Set(ids)).toEqual(new Set(decisions.map(({ requestId }) => requestId)));
  });
});

describe('list-changed notices', () => {
  it.each(ERAS)('come to clients of the %s era when a new document has other tools, and only then', async (era) => {
    const server = await startForeign('a', 'modern', withTools('x', 'y'));
    const document = documentOf({ mcpServers: [serverOf('a', server.url)] });
    const gateway = await startTestGateway({ document });
    const heard: string[] = [];
    const { client } = await connectTo(gateway.url, {
      era,
      prepare: (each) =>
        each.setNotificationHandler('notifications/tools/list_changed', () => void heard.push('changed')),
    });
    if (era === 'modern') await client.listen({ toolsListChanged: true });
    else await eventually(() => gateway.logs.find(({ method }) => method === 'session/stream'));
    await gateway.writeDocument({ ...document, toolsets: [], shutdown: { graceMs: 4_000 } });
    await logLine(gateway, 'reloaded');
    const less = serverOf('a', server.url, { tools: [{ name: 'y', allowedRoles: [] }] });
    await gateway.writeDocument({ ...document, mcpServers: [less] });
    await eventually(() => gateway.logs.filter(({ event }) => event === 'reloaded')[1]);
    await eventually(() => heard[0]);
    expect(await namesOf(client)).toEqual(['x']);
    expect(heard).toEqual(['changed']);
  });

  it.each(ERAS.flatMap((era) => ERAS.map((serverEra) => [era, serverEra] as const)))(
    'of a server come to clients (%s client, %s server)',
    async (era, serverEra) => {
      const started: McpServer[] = [];
      const server = await startForeign('a', serverEra, (each) => {
        withTools('x')(each);
        started.push(each);
      });
      const gateway = await gatewayBefore([serverOf('a', server.url)]);
      let heard = 0;
      const { client } = await connectTo(gateway.url, {
        era,
        prepare: (each) => each.setNotificationHandler('notifications/tools/list_changed', () => void (heard += 1)),
      });
      if (era === 'modern') await client.listen({ toolsListChanged: true });
      if (serverEra === 'legacy') {
        await eventually(() => server.requests.find(({ method }) => method === 'GET'));
      } else {
        await eventually(() => got(server, 'subscriptions/listen')[0]);
      }
      await eventually(() => {
        if (serverEra === 'legacy') for (const each of started) each.sendToolListChanged();
        else server.changed();
        return heard > 0 ? true : undefined;
      });
      expect(await namesOf(client)).toEqual(['x']);
    },
  );
});
