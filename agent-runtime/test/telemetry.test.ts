import type { AgentDocumentInput } from 'agentyard/contract';
import { audienceOf, subjectOf } from '../../runtime-kit/test/identity-fixture';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../../runtime-kit/test/otlp-receiver';
import { cleanUp, onCleanUp } from '../../runtime-kit/test/test-resources';
import { A2aClient, stateOf } from './a2a-client';
import { TestMcpServer } from './mcp-server';
import { breaksOff, failure, firstWords, ModelApi, type Answer } from './model-api';
import { IDENTITY_MOUNT, invocationHeaders, RunningAgent, weather } from './running-agent';
import { ENVIRONMENT, KEY, WIRE_FORMATS } from './wire-formats';

afterEach(cleanUp);

const chat = WIRE_FORMATS.openaiCompatible!;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SAMPLED = `00-${TRACE}-${PARENT}-01`;
const UNSAMPLED = `00-${TRACE}-${PARENT}-00`;
const hangs: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${JSON.stringify(firstWords)}\n\n`);
};

interface Traced {
  readonly agent: RunningAgent;
  readonly api: ModelApi;
  readonly toolset: TestMcpServer;
  readonly collector: OtlpReceiver;
  /** What was recorded. Ends the agent, which sends the last of it. */
  recorded(): Promise<ReceivedSpan[]>;
}

/** An agent with a toolset and a collector. */
async function start(more: Partial<AgentDocumentInput> = {}, samplingRatio?: number): Promise<Traced> {
  const collector = await startOtlpReceiver();
  const api = await ModelApi.start();
  const toolset = await TestMcpServer.start();
  onCleanUp(() => api.stop());
  onCleanUp(() => toolset.stop());
  const tracing = { endpoint: collector.endpoint, samplingRatio };
  const settings = { model: chat.model(api.url), tracing, toolsets: [weather('forecast', 'failing')], ...more };
  const agent = await RunningAgent.start(settings, ENVIRONMENT);
  await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= agent.stop());
  onCleanUp(stop);
  const recorded = async () => {
    await stop();
    return collector.spans;
  };
  return { agent, api, toolset, collector, recorded };
}

const named = (spans: ReceivedSpan[], name: string) => spans.filter((span) => span.name === name);

/** How often something was observed, by the labels that tell it apart. */
function countsOf({ agent }: Traced, histogram: string): Record<string, number> {
  const found = agent.metrics.histograms.find(({ name }) => name === histogram);
  return Object.fromEntries(
    [...(found?.series ?? [])].map(({ labels, cumulated }) => [labels.join(' '), cumulated.at(-1)!]),
  );
}

describe('a request of a gateway that is recorded', () => {
  it('goes on as one trace over model and tools', async () => {
    const traced = await start();
    traced.api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }), chat.text('Sunny.'));
    await traced.agent.invoke('Weather in Oslo?', { traceparent: SAMPLED, tracestate: 'other=1' });
    const called = traced.toolset.requests.filter(({ method }) => method === 'tools/call');
    const spans = await traced.recorded();
    const [served] = named(spans, 'POST /invoke');
    const [invoked] = named(spans, 'invoke_agent guide');
    const chats = named(spans, 'chat model-7');
    const [tool] = named(spans, 'execute_tool forecast');
    expect(spans).toHaveLength(5);
    for (const span of spans) expect(span).toMatchObject({ traceId: TRACE, status: 0 });
    expect(served).toMatchObject({
      parentSpanId: PARENT,
      traceState: 'other=1',
      kind: 2,
      attributes: { 'http.request.method': 'POST', 'http.route': '/invoke', 'http.response.status_code': 200 },
      resource: { 'service.name': 'guide', 'service.namespace': 'tests' },
    });
    expect(invoked).toMatchObject({
      parentSpanId: served?.spanId,
      kind: 1,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': 'guide',
        'gen_ai.provider.name': 'openaiCompatible',
        'gen_ai.request.model': 'model-7',
        'gen_ai.usage.input_tokens': 20,
        'gen_ai.usage.output_tokens': 10,
        'agentyard.stop_reason': 'completed',
      },
    });
    expect(chats).toHaveLength(2);
    expect(chats[0]).toMatchObject({
      parentSpanId: invoked?.spanId,
      kind: 3,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.max_tokens': 321,
        'gen_ai.request.temperature': 0.25,
        'gen_ai.response.id': 'chat_1',
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.output_tokens': 5,
      },
    });
    expect(tool).toMatchObject({
      parentSpanId: invoked?.spanId,
      kind: 1,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'forecast',
        'gen_ai.tool.call.id': 'call_1',
        'mcp.method.name': 'tools/call',
        'agentyard.callee': 'toolset/weather',
      },
    });
    expect(called.map(({ traceparent }) => traceparent)).toEqual([`00-${TRACE}-${tool?.spanId}-01`]);
    expect(traced.agent.logged('request').at(-1)).toMatchObject({ traceId: TRACE });
  });

  it('has nothing of what was said, called or answered in its spans', async () => {
    const traced = await start();
    traced.api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }), chat.text('It is sunny there.'));
    await traced.agent.invoke('Weather in Oslo?', { traceparent: SAMPLED });
    await traced.recorded();
    const text = traced.collector.text();
    expect(text).toContain('forecast');
    for (const said of ['Weather in', 'Oslo', 'sunny', 'Sunny', 'You know', KEY]) expect(text).not.toContain(said);
  });

  it('says what has failed: a turn of the model, and the request with it', async () => {
    const traced = await start();
    traced.api.willAnswer(failure(401, '{}'));
    expect((await traced.agent.post({ input: 'Hello?' }, { headers: { traceparent: SAMPLED } })).status).toBe(502);
    const spans = await traced.recorded();
    const errors = Object.fromEntries(
      spans.map(({ name, status, attributes }) => [name, [status, attributes['error.type']]]),
    );
    expect(errors).toEqual({
      'chat model-7': [2, '401'],
      'invoke_agent guide': [2, 'model-failed'],
      'POST /invoke': [2, 'failed'],
    });
  });

  it('says of a tool that it failed, which is no failure of the request', async () => {
    const traced = await start();
    traced.api.willAnswer(chat.toolCall('failing', {}), chat.text('It failed.'));
    await traced.agent.invoke('Go.', { traceparent: SAMPLED });
    const spans = await traced.recorded();
    expect(named(spans, 'execute_tool failing')).toMatchObject([
      { status: 2, attributes: { 'error.type': 'tool_error' } },
    ]);
    expect(named(spans, 'invoke_agent guide')).toMatchObject([{ status: 0 }]);
  });

  it('ends every span of a request that reaches its time limit', async () => {
    const traced = await start({ limits: { timeoutMs: 200 } });
    traced.api.willAnswer(hangs);
    expect(await traced.agent.invoke('Hello?', { traceparent: SAMPLED })).toMatchObject({ stopReason: 'timeout' });
    const spans = await traced.recorded();
    expect(named(spans, 'chat model-7')).toMatchObject([{ status: 2, attributes: { 'error.type': 'timeout' } }]);
    expect(named(spans, 'invoke_agent guide')).toMatchObject([
      { status: 0, attributes: { 'agentyard.stop_reason': 'timeout' } },
    ]);
  });

  it('is recorded for A2A too', async () => {
    const traced = await start();
    traced.api.willAnswer(chat.text('Hello.'));
    const headers = { ...(await invocationHeaders(traced.agent.identity)), traceparent: SAMPLED };
    const client = await A2aClient.connect(`${traced.agent.url}/a2a`, headers, '1.0');
    expect(stateOf(await client.send('Hello?'))).toBe('TASK_STATE_COMPLETED');
    const spans = await traced.recorded();
    const [served] = named(spans, 'POST /a2a');
    expect(named(spans, 'invoke_agent guide')).toMatchObject([{ traceId: TRACE, parentSpanId: served?.spanId }]);
  });
});

describe('which requests are recorded', () => {
  it.each([
    ['one that its gateway does not record', UNSAMPLED],
    ['one of a gateway that sends no trace', undefined],
  ])('not %s, whatever the ratio', async (_, traceparent) => {
    const traced = await start({}, 1);
    traced.api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }), chat.text('Sunny.'));
    await traced.agent.invoke('Hello?', traceparent === undefined ? {} : { traceparent });
    expect(await traced.recorded()).toEqual([]);
    const called = traced.toolset.requests.filter(({ method }) => method === 'tools/call');
    expect(called.map((request) => request.traceparent)).toEqual([traceparent]);
  });

  it.each([
    [1, 1],
    [0, 0],
  ])('of a service that begins no trace, a share: %d', async (ratio, recorded) => {
    const service = { name: 'cron', subject: subjectOf('gateway'), withoutUser: true };
    const identity = {
      audience: audienceOf('guide'),
      trustBundleDirectory: `${IDENTITY_MOUNT}/trust`,
      subject: subjectOf('guide'),
      callers: [service],
    };
    const traced = await start({ identity }, ratio);
    traced.api.willAnswer(chat.text('Hello.'));
    const { authorization } = await invocationHeaders(traced.agent.identity);
    const init = { method: 'POST', headers: { authorization: authorization!, 'content-type': 'application/json' } };
    const response = await fetch(`${traced.agent.url}/invoke`, { ...init, body: JSON.stringify({ input: 'Hello?' }) });
    expect(response.status).toBe(200);
    expect(named(await traced.recorded(), 'invoke_agent guide')).toHaveLength(recorded);
  });

  it('not one that was refused', async () => {
    const traced = await start({}, 1);
    const headers = { 'content-type': 'application/json', authorization: 'Bearer nonsense', traceparent: SAMPLED };
    const response = await fetch(`${traced.agent.url}/invoke`, { method: 'POST', headers, body: '{"input":"x"}' });
    expect(response.status).toBe(401);
    expect(await traced.recorded()).toEqual([]);
  });

  it('none without a collector, whose libraries are not needed then; the trace goes on', async () => {
    const traced = await start({ tracing: undefined });
    traced.api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }), chat.text('Sunny.'));
    await traced.agent.invoke('Hello?', { traceparent: SAMPLED });
    const called = traced.toolset.requests.filter(({ method }) => method === 'tools/call');
    expect(called.map(({ traceparent }) => traceparent)).toEqual([UNSAMPLED]);
  });
});

describe('metrics of an agent', () => {
  it('count requests by how they end, turns of the model, tokens and calls of tools', async () => {
    const traced = await start({ limits: { maxTurns: 2 } });
    traced.api.willAnswer(
      chat.toolCall('forecast', { city: 'Oslo' }),
      chat.text('Sunny.'),
      chat.toolCall('failing', {}),
      chat.toolCall('forecast', { city: 'Oslo' }),
      failure(401, '{}'),
      breaksOff,
    );
    await traced.agent.invoke('One.');
    await traced.agent.invoke('Two.');
    await traced.agent.post({ input: 'Three.' });
    await traced.agent.post({ input: 'Four.' });
    expect(countsOf(traced, 'agentyard_run_duration_seconds')).toEqual({
      completed: 1,
      'max-turns': 1,
      'model-failed': 2,
    });
    const model = 'chat openaiCompatible model-7';
    expect(countsOf(traced, 'gen_ai_client_operation_duration_seconds')).toEqual({
      [`${model} `]: 4,
      [`${model} 401`]: 1,
      [`${model} failed`]: 1,
    });
    expect(countsOf(traced, 'gen_ai_client_token_usage')).toEqual({ [`${model} input`]: 4, [`${model} output`]: 4 });
    expect(countsOf(traced, 'mcp_client_operation_duration_seconds')).toEqual({
      'tools/call forecast toolset/weather ': 2,
      'tools/call failing toolset/weather tool_error': 1,
    });
  });

  it('say of a tool that was not reached that nothing was sent', async () => {
    const traced = await start();
    traced.api.willAnswer((response, request) => {
      // The list was there, and then the toolset went.
      void traced.toolset.stop().then(() => chat.toolCall('forecast', { city: 'Oslo' })(response, request));
    }, chat.text('It is away.'));
    expect(await traced.agent.invoke('Go.')).toMatchObject({ toolCalls: [{ isError: true }] });
    expect(countsOf(traced, 'mcp_client_operation_duration_seconds')).toEqual({
      'tools/call forecast toolset/weather unreachable': 1,
    });
  });
});
