import { A2A_VERSION_HEADER } from 'agentyard/contract';
import { AgentBundle, AgentProcess } from './agent-process';
import { breaksOff, failure, ModelApi, type Answer } from './model-api';
import { TestMcpServer } from './mcp-server';
import { documentOf, weather } from './running-agent';
import { ENVIRONMENT, KEY, WIRE_FORMATS } from './wire-formats';

const wire = WIRE_FORMATS.openai!;
const WORDS = 'words-of-the-user';

const post = async (running: AgentProcess, signal?: AbortSignal) =>
  fetch(`${await running.url()}/invoke`, {
    method: 'POST',
    headers: running.headers,
    body: JSON.stringify({ input: WORDS }),
    signal,
  });

describe('the agent runtime as a process', () => {
  let bundle: AgentBundle;
  let api: ModelApi;
  let toolset: TestMcpServer;
  const processes: AgentProcess[] = [];

  beforeAll(async () => {
    [bundle, api, toolset] = await Promise.all([AgentBundle.build(), ModelApi.start(), TestMcpServer.start()]);
  }, 60_000);

  afterEach(async () => {
    await Promise.all(processes.splice(0).map((running) => running.end()));
  });

  afterAll(async () => {
    await Promise.all([bundle.remove(), api.stop(), toolset.stop()]);
  });

  async function start(
    limits = {},
    environment: NodeJS.ProcessEnv = ENVIRONMENT,
    shutdown = { graceMs: 1000 },
  ): Promise<AgentProcess> {
    // A model that takes no temperature, of which the SDK would print a warning.
    const model = { ...wire.model(api.url), modelId: 'o3' };
    const document = documentOf({ model, limits, toolsets: [weather('slow')], shutdown });
    const hosts = { 'weather:8080': [`127.0.0.1:${toolset.port}`] };
    const running = await AgentProcess.start(bundle, document, environment, hosts);
    processes.push(running);
    return running;
  }

  it('loads no provider before it knows which', () => {
    const packages = [...bundle.packagesAtStart()];
    expect(packages).toContain('ai');
    const providers = /^@ai-sdk\/(?!provider$|provider-utils$|gateway$)|^@aws-sdk|^@smithy|^re2js$/;
    // The contract's patterns are compiled by re2js, so the scripted provider adds nothing.
    expect(packages.filter((name) => providers.test(name))).toEqual(['re2js']);
    expect(packages).not.toContain('@a2a-js/sdk');
  });

  it('refuses to start without its key and says what to do', async () => {
    const running = await start({}, { MODEL_KEY: '', OTHER: KEY });
    expect(await running.exit()).toBe(78);
    expect(running.stderr).toHaveLength(1);
    expect(JSON.parse(running.stderr[0]!)).toMatchObject({
      level: 'fatal',
      path: '$.model.apiKeyEnv',
      message: expect.stringMatching(/MODEL_KEY is missing or empty; put the key into the Secret/),
    });
    expect(running.stderr[0]).not.toContain(KEY);
  });

  it('outlives failures, time limits and clients that leave, and ends when told to', async () => {
    const running = await start({ timeoutMs: 2500 });
    const hangs: Answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();

    api.willAnswer(failure(401, '{}'));
    expect((await post(running)).status).toBe(502);
    api.willAnswer(breaksOff);
    expect((await post(running)).status).toBe(502);
    api.willAnswer(hangs);
    expect(await (await post(running)).json()).toMatchObject({ stopReason: 'timeout' });
    api.willAnswer(wire.toolCall('slow', {}));
    expect(await (await post(running)).json()).toMatchObject({ stopReason: 'timeout', toolCalls: [{ tool: 'slow' }] });
    const client = new AbortController();
    api.willAnswer((response, request) => {
      hangs(response, request);
      client.abort();
    });
    await expect(post(running, client.signal)).rejects.toThrow();
    api.willAnswer(wire.text('Still here.'));
    expect(await (await post(running)).json()).toMatchObject({ output: 'Still here.' });

    expect(await running.end()).toBe(0);
    expect(running.stderr).toEqual([]);
    // Every line is JSON: no library prints past the logger.
    const lines = running.stdout.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(
      lines.filter(({ event }) => event === 'request').map(({ stopReason, problem }) => stopReason ?? problem),
    ).toEqual(['model-failed', 'model-failed', 'timeout', 'timeout', 'client-gone', 'completed']);
    const [, token = ''] = running.headers.authorization!.split(' ');
    for (const secret of [WORDS, KEY, token, 'Still here.']) expect(running.stdout.join()).not.toContain(secret);
  });

  it('tells what it cannot finish within its grace that it may be sent again, as an answer and as an event', async () => {
    const running = await start({}, ENVIRONMENT, { graceMs: 50 });
    const url = await running.url();
    const hangs: Answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    api.willAnswer(hangs, hangs, hangs);
    const headers = { ...running.headers, accept: 'text/event-stream', [A2A_VERSION_HEADER]: '1.0' };
    const stream = await fetch(`${url}/invoke`, { method: 'POST', headers, body: JSON.stringify({ input: WORDS }) });
    const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: WORDS }] };
    const asked = { jsonrpc: '2.0', id: 1, method: 'SendStreamingMessage', params: { message } };
    const task = await fetch(`${url}/a2a`, { method: 'POST', headers, body: JSON.stringify(asked) });
    const answer = post(running);
    while (api.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    const ended = running.end();
    const { status, headers: answered } = await answer;
    expect([status, answered.get('retry-after')]).toEqual([503, '1']);
    expect(await stream.text()).toMatch(/\nevent: failed\ndata: .*"code":"runtime-ending".*\n\n$/);
    expect(await task.text()).toMatch(/\ndata: .*"error":\{"code":-32603,"message":"[^"]+".*\n\n$/);
    expect(await ended).toBe(0);
    const lines = running.stdout.map((line) => JSON.parse(line) as Record<string, unknown>);
    const requests = lines.filter(({ event }) => event === 'request');
    expect(requests.map(({ problem }) => problem)).toEqual(['runtime-ending', 'runtime-ending', 'runtime-ending']);
    expect(requests.filter(({ path: of }) => of === '/invoke')).toMatchObject([
      { stopReason: 'runtime-ending' },
      { stopReason: 'runtime-ending' },
    ]);
  });
});
