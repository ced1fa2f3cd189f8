import type { McpServer } from '@modelcontextprotocol/server';
import { cleanUp, documentOf, eventually, startTestGateway } from './fixture';
import { connectTo, got, serverOf, startEverything, startForeign, startRawServer, textOf } from './mcp-server-fixture';
import { messageOf, post, type Era } from './toolset-fixture';

afterEach(cleanUp);

const ERAS: readonly Era[] = ['modern', 'legacy'];
const COMBINATIONS = ERAS.flatMap((era) => ERAS.map((serverEra) => [era, serverEra] as const));

describe.each(COMBINATIONS)('a client of the %s era, and a server of the %s era', (era, serverEra) => {
  async function gatewayBefore(mayAsk: readonly ('elicitation' | 'roots' | 'sampling')[]) {
    const server = await startEverything({ only: serverEra });
    return startTestGateway({
      document: documentOf({ mcpServers: [serverOf('a', server.url, { mayAsk: [...mayAsk] })] }),
    });
  }

  async function asked(mayAsk: readonly ('elicitation' | 'roots' | 'sampling')[]) {
    const gateway = await gatewayBefore(mayAsk);
    const asks: string[] = [];
    const logged: unknown[] = [];
    const { client } = await connectTo(gateway.url, {
      era,
      capabilities: { elicitation: {}, sampling: {}, roots: {} },
      prepare: (each) => {
        each.setRequestHandler('elicitation/create', () => {
          asks.push('elicitation');
          return { action: 'accept', content: { name: 'Ada', color: 'blue' } };
        });
        each.setRequestHandler('sampling/createMessage', () => {
          asks.push('sampling');
          return { model: 'm', role: 'assistant', content: { type: 'text', text: 'Paris' } };
        });
        each.setRequestHandler('roots/list', () => {
          asks.push('roots');
          return { roots: [{ uri: 'file:///home' }] };
        });
        each.setNotificationHandler('notifications/message', ({ params }) => void logged.push(params.level));
      },
    });
    return { client, asks, logged, gateway };
  }

  it('the client gets what the server asks, and the server its answers', async () => {
    const { client, asks } = await asked(['elicitation', 'roots', 'sampling']);
    const call = async (name: string) => textOf(await client.callTool({ name, arguments: {} }));
    expect(await call('test_input_required_result_elicitation')).toBe('Hello, Ada!');
    expect(await call('test_input_required_result_sampling')).toContain('Paris');
    expect(await call('test_input_required_result_list_roots')).toBe('file:///home');
    expect(await call('test_input_required_result_multi_round')).toBe('Ada likes blue.');
    expect(asks).toEqual(['elicitation', 'sampling', 'roots', 'elicitation', 'elicitation']);
  });

  it('the client is asked for nothing where the document does not say so', async () => {
    const { client, asks } = await asked([]);
    for (const name of ['elicitation', 'sampling', 'list_roots']) {
      await client.callTool({ name: `test_input_required_result_${name}`, arguments: {} }).then(
        ({ isError }) => expect(isError).toBe(true),
        (error: { code: number }) => expect(error.code).toBeLessThan(0),
      );
    }
    expect(asks).toEqual([]);
  });

  it('the client gets progress, and log messages from its level on', async () => {
    const { client, logged } = await asked([]);
    const progress: number[] = [];
    const onprogress = (each: { progress: number }) => void progress.push(each.progress);
    await client.callTool({ name: 'test_tool_with_progress', arguments: {} }, { onprogress });
    expect(progress).toEqual([0, 50, 100]);
    const at = async (level: 'debug' | 'error') => {
      logged.length = 0;
      const _meta = { 'io.modelcontextprotocol/logLevel': level };
      if (era === 'legacy') await client.setLoggingLevel(level);
      await client.callTool({ name: 'test_tool_with_logging', arguments: {}, ...(era === 'modern' && { _meta }) });
      return logged.length;
    };
    expect(await at('debug')).toBe(3);
    expect(await at('error')).toBe(0);
  });

  it('a call that the client cancels is cancelled at the server', async () => {
    let cancelled = 0;
    const server = await startForeign('a', serverEra, (each: McpServer) => {
      each.registerTool('slow', {}, async ({ mcpReq: { signal } }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        cancelled += 1;
        return { content: [] };
      });
    });
    const gateway = await startTestGateway({ document: documentOf({ mcpServers: [serverOf('a', server.url)] }) });
    const { client } = await connectTo(gateway.url, { era });
    const left = new AbortController();
    const call = client.callTool({ name: 'slow', arguments: {} }, { signal: left.signal });
    await eventually(() => got(server, 'tools/call')[0]);
    left.abort();
    await expect(call).rejects.toThrow();
    await eventually(() => cancelled === 1);
  });
});

it('what a server without sessions asks of a client that has none, and cannot be asked, is an error', async () => {
  const inputRequests = { name: { method: 'elicitation/create', params: { message: 'Your name?' } } };
  const server = await startRawServer(() => ({ result: { resultType: 'input_required', inputRequests } }));
  const gateway = await startTestGateway({ document: documentOf({ mcpServers: [serverOf('a', server.url)] }) });
  const { result } = await messageOf(await post(gateway, 'legacy', 'tools/call', { name: 'x' }, {}, '/mcp/a'));
  expect(result).toMatchObject({ isError: true });
  expect(textOf(result)).toContain('it asks the client, which needs a session');
});

it('a kind of result that older revisions have not is an error for their clients, and goes to others as it is', async () => {
  const task = { resultType: 'task', taskId: 't1' };
  const server = await startRawServer(() => ({ result: task }));
  const gateway = await startTestGateway({ document: documentOf({ mcpServers: [serverOf('a', server.url)] }) });
  const call = async (era: Era) =>
    messageOf(await post(gateway, era, 'tools/call', { name: 'x', arguments: {} }, {}, '/mcp/a'));
  expect((await call('legacy')).result).toMatchObject({ isError: true });
  expect((await call('modern')).result).toMatchObject(task);
});

it('what a held call was allowed for counts for no other tool', async () => {
  const server = await startEverything({ only: 'legacy' });
  const gateway = await startTestGateway({ document: documentOf({ mcpServers: [serverOf('a', server.url)] }) });
  const name = 'test_input_required_result_elicitation';
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
  };
  const call = async (tool: string, more: object = {}) => {
    const answer = await fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': tool,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: tool, arguments: {}, _meta, ...more },
      }),
    });
    return messageOf(answer);
  };
  const { result } = await call(name);
  const { requestState, inputRequests } = result as { requestState: string; inputRequests: object };
  const [key = ''] = Object.keys(inputRequests);
  const inputResponses = { [key]: { action: 'accept', content: { name: 'Ada' } } };
  expect(await call('test_simple_text', { requestState, inputResponses })).toMatchObject({ error: { code: -32602 } });
  expect(textOf((await call(name, { requestState, inputResponses })).result)).toBe('Hello, Ada!');
  expect(await call(name, { requestState, inputResponses })).toMatchObject({ error: { code: -32602 } });
});
