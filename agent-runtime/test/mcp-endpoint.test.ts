import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { eventually } from '../../runtime-kit/test/test-resources';
import { TestMcpServer } from './mcp-server';
import { failure, firstWords, ModelApi, type Answer } from './model-api';
import { invocationHeaders, RunningAgent, weather } from './running-agent';
import { ENVIRONMENT, WIRE_FORMATS } from './wire-formats';

const chat = WIRE_FORMATS.openaiCompatible!;

describe.each([
  ['2026-07-28', { mode: 'auto' as const }],
  ['2025-11-25', { mode: 'legacy' as const }],
])('an agent as an MCP server, for clients of %s', (_, versionNegotiation) => {
  let api: ModelApi;
  let toolset: TestMcpServer;
  let agent: RunningAgent;
  let client: Client;

  beforeAll(async () => {
    api = await ModelApi.start();
    toolset = await TestMcpServer.start();
    const card = { description: 'Knows the weather.' };
    const argumentRules = [
      {
        role: '*',
        schema: { type: 'object' as const, properties: { input: { type: 'string', maxLength: 100 } } },
      },
    ];
    const settings = { model: chat.model(api.url), card, argumentRules, toolsets: [weather('forecast')] };
    agent = await RunningAgent.start(settings, ENVIRONMENT);
    await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
    client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation });
    const requestInit = { headers: await invocationHeaders(agent.identity) };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${agent.url}/mcp`), { requestInit }));
  });

  afterAll(async () => {
    await client.close();
    await agent.stop();
    await toolset.stop();
    await api.stop();
  });

  it('offers the tool "invoke"', async () => {
    const { tools } = await client.listTools();
    expect(tools).toMatchObject([
      {
        name: 'invoke',
        description: 'Knows the weather.',
        inputSchema: { required: ['input'] },
        outputSchema: { required: expect.arrayContaining(['output', 'stopReason']) },
      },
    ]);
  });

  it('answers in text and in structure, without what its tools said, and tells how it gets on', async () => {
    await client.listTools();
    api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }), chat.text('It is fine.'));
    const progress: (string | undefined)[] = [];
    const onprogress = ({ message }: { message?: string }) => void progress.push(message);
    const history = [{ role: 'user', content: 'Hello.' }];
    const result = await client.callTool({ name: 'invoke', arguments: { input: 'Weather?', history } }, { onprogress });
    expect(result).toMatchObject({
      content: [{ type: 'text', text: 'It is fine.' }],
      structuredContent: { agent: 'guide', output: 'It is fine.', stopReason: 'completed', turns: 2 },
    });
    expect(JSON.stringify(result)).not.toContain('Sunny');
    const calls = ['Calls forecast of weather', 'forecast of weather has answered'];
    expect(progress).toEqual(['Turn 1', ...calls, 'Turn 2', 'It is fine.']);
    expect(agent.logged('request').at(-1)).toMatchObject({
      path: '/mcp',
      turns: 2,
      toolCalls: 1,
      stopReason: 'completed',
    });
  });

  it.each([
    ['arguments that do not fit', { input: '' }, /^The arguments do not fit the tool's input schema:\n\$\.input: /],
    ['arguments that its rules refuse', { input: 'x'.repeat(101) }, /^arguments-refused: /],
  ])('says what is wrong with %s, without asking its model', async (_what, given, text) => {
    api.willAnswer();
    const result = await client.callTool({ name: 'invoke', arguments: given });
    expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(text) }] });
    expect(api.requests).toEqual([]);
  });

  it('says that its model has failed', async () => {
    api.willAnswer(failure(401, '{}'));
    const result = await client.callTool({ name: 'invoke', arguments: { input: 'Hello?' } });
    expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/^model-failed: /) }] });
    expect(agent.logged('request').at(-1)).toMatchObject({ problem: 'model-failed' });
  });

  it('knows no other tool', async () => {
    await expect(client.callTool({ name: 'forecast', arguments: {} })).rejects.toMatchObject({ code: -32602 });
  });

  it('stops when the call is cancelled', async () => {
    let isGone = false;
    const hangs: Answer = (response) => {
      response.once('close', () => (isGone = true));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(firstWords)}\n\n`);
    };
    api.willAnswer(hangs);
    const aborter = new AbortController();
    const call = client.callTool({ name: 'invoke', arguments: { input: 'Hello?' } }, { signal: aborter.signal });
    call.catch(() => undefined);
    await eventually(() => api.requests.length === 1);
    aborter.abort();
    await expect(call).rejects.toThrow();
    // Without a session nothing says which request a notice is about: there the end of the connection does.
    if (versionNegotiation.mode === 'auto') await eventually(() => isGone);
  });

  it('stops when the connection ends', async () => {
    let isGone = false;
    api.willAnswer((response) => {
      response.once('close', () => (isGone = true));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(firstWords)}\n\n`);
    });
    const params = { name: 'invoke', arguments: { input: 'Hello?' } };
    const aborter = new AbortController();
    const headers = {
      ...(await invocationHeaders(agent.identity)),
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    const answer = fetch(`${agent.url}/mcp`, { method: 'POST', headers, body, signal: aborter.signal });
    answer.catch(() => undefined);
    await eventually(() => api.requests.length === 1);
    aborter.abort();
    await eventually(() => isGone);
  });

  it('lets nobody in who may not invoke it', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const response = await fetch(`${agent.url}/mcp`, { method: 'POST', headers, body });
    expect(response.status).toBe(401);
  });
});
