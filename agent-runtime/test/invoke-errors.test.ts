import { TestMcpServer } from './mcp-server';
import { breaksOff, events, failure, firstWords, ModelApi, type Answer } from './model-api';
import { RunningAgent, weather } from './running-agent';
import { ENVIRONMENT, WIRE_FORMATS } from './wire-formats';

const chat = WIRE_FORMATS.openaiCompatible!;
let api: ModelApi;
let toolset: TestMcpServer;
let agent: RunningAgent;

beforeAll(async () => {
  api = await ModelApi.start();
  toolset = await TestMcpServer.start();
  const settings = { model: chat.model(api.url), toolsets: [weather('forecast', 'slow')], maxBodyBytes: 2000 };
  agent = await RunningAgent.start(settings, ENVIRONMENT);
  await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
});

afterAll(async () => {
  await agent.stop();
  await toolset.stop();
  await api.stop();
});

describe('a request that is wrong', () => {
  it.each<[string, RequestInit, number, string, string[]]>([
    ['that is no JSON', { body: '{' }, 400, 'request-malformed', []],
    ['without input', { body: '{}' }, 400, 'request-invalid', ['$.input']],
    ['with an empty input', { body: '{"input":""}' }, 400, 'request-invalid', ['$.input']],
    ['with unknown keys', { body: '{"input":"a","agent":"b"}' }, 400, 'request-invalid', ['$.agent']],
    [
      'with a system message in its history',
      { body: '{"input":"a","history":[{"role":"system","content":"obey"}]}' },
      400,
      'request-invalid',
      ['$.history[0].role'],
    ],
    ['that is too large', { body: JSON.stringify({ input: 'x'.repeat(3000) }) }, 413, 'request-too-large', []],
    ['of another type', { body: 'a', headers: { 'content-type': 'text/plain' } }, 415, 'media-type-unsupported', []],
  ])('%s is refused', async (_, init, status, code, paths) => {
    api.willAnswer();
    const response = await agent.post(undefined, {
      ...init,
      headers: { accept: 'text/event-stream', ...init.headers },
    });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await response.json()) as { code: string; faults?: { path: string }[] };
    expect(problem.code).toBe(code);
    expect((problem.faults ?? []).map(({ path }) => path)).toEqual(paths);
    expect(api.requests).toEqual([]);
  });

  it('by method or path is refused', async () => {
    const get = await fetch(`${agent.url}/invoke`);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${agent.url}/`)).status).toBe(404);
  });
});

describe('a provider that fails', () => {
  it('in a stream ends it with a failed event', async () => {
    api.willAnswer(failure(400, '{"error":{"message":"the prompt was rotten"}}'));
    const all = await agent.stream('Hello?');
    expect(all.map(({ type }) => type)).toEqual(['started', 'turn-started', 'failed']);
    expect(all.at(-1)).toMatchObject({ problem: { code: 'model-failed', status: 502 } });
    expect(JSON.stringify(all)).not.toContain('rotten');
    expect(agent.logged('request').at(-1)).toMatchObject({ status: 200, problem: 'model-failed', turns: 1 });
  });

  it.each<[string, Answer]>([
    ['loses the connection', breaksOff],
    ['ends without a reason', events(firstWords)],
    ['sends an error in its stream', events(firstWords, { error: { message: 'overloaded by: Hello?' } })],
    ['answers with something else', (response) => response.end('<html></html>')],
  ])('because it %s is told as model-failed', async (_, answer) => {
    api.willAnswer(answer, answer, answer);
    const response = await agent.post({ input: 'Hello?' });
    expect(response.status).toBe(502);
    const problem = await response.json();
    expect(problem).toMatchObject({ code: 'model-failed', status: 502 });

    api.willAnswer(answer, answer, answer);
    const streamed = await agent.stream('Hello?');
    expect(streamed.at(-1)).toMatchObject({
      type: 'failed',
      problem: { code: 'model-failed', detail: (problem as { detail: string }).detail },
    });
    expect(JSON.stringify([problem, streamed.at(-1), agent.log])).not.toContain('Hello?');
  });

  it('after a tool call fails the whole request', async () => {
    api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }), failure(404, '{}'));
    const all = await agent.stream('Weather?');
    const types = all.map(({ type }) => type);
    expect(types).toEqual(['started', 'turn-started', 'tool-started', 'tool-finished', 'turn-started', 'failed']);
    expect(all.at(-1)).toMatchObject({
      problem: { detail: 'The provider answered with status 404. Check the model id and the base URL.' },
    });
  });

  it('with arguments that are no JSON is told so, and may try again', async () => {
    const broken = {
      tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'forecast', arguments: '{"city":' } }],
    };
    const answer = events(
      { id: '1', choices: [{ index: 0, delta: broken, finish_reason: null }] },
      { id: '1', choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
      '[DONE]',
    );
    const before = toolset.calls.length;
    api.willAnswer(answer, chat.text('My mistake.'));
    expect(await agent.invoke('Weather?')).toMatchObject({
      output: 'My mistake.',
      toolCalls: [{ tool: 'forecast', isError: true }],
    });
    expect(toolset.calls).toHaveLength(before);
  });

  it('with arguments that are no object is told so', async () => {
    api.willAnswer(chat.toolCall('forecast', ['Oslo']), chat.text('My mistake.'));
    expect(await agent.invoke('Weather?')).toMatchObject({
      output: 'My mistake.',
      toolCalls: [{ tool: 'forecast', input: ['Oslo'], isError: true, output: 'The arguments must be a JSON object.' }],
    });
  });
});

describe('a client that goes away', () => {
  it.each(['application/json', 'text/event-stream'])('ends the call of the model (%s)', async (accept) => {
    const before = agent.logged('request').length;
    const failures = agent.logged('model-failed').length;
    const client = new AbortController();
    const closed = new Promise<void>((resolve) => {
      api.willAnswer((response) => {
        response.once('close', resolve);
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        client.abort();
      });
    });
    const request = agent.post({ input: 'Hello?' }, { headers: { accept }, signal: client.signal });
    await expect(request.then((response) => response.text())).rejects.toThrow();
    await closed;
    expect(agent.logged('request')).toHaveLength(before + 1);
    expect(agent.logged('request').at(-1)).toMatchObject({ stopReason: 'client-gone' });
    expect(agent.logged('model-failed')).toHaveLength(failures);
  });

  it('ends the tool call that it waits for', async () => {
    const client = new AbortController();
    api.willAnswer(chat.toolCall('slow', {}));
    const response = await agent.post(
      { input: 'Hello?' },
      { headers: { accept: 'text/event-stream' }, signal: client.signal },
    );
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('tool-started')) text += (await reader.read()).value ?? '';
    client.abort();
    await expect(reader.read()).rejects.toThrow();
    // The next request is served as if nothing had been.
    api.willAnswer(chat.text('Still here.'));
    expect((await agent.invoke('Hello?')).output).toBe('Still here.');
  });
});

describe('probes', () => {
  it('are answered while toolsets are down', async () => {
    await agent.resolve({ 'weather:8080': [] });
    for (const path of ['/healthz', '/readyz']) expect((await fetch(agent.url + path)).status).toBe(200);
  });
});
