import type { GatewayDocumentInput } from 'agentyard/contract';
import {
  agent,
  answerJson,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  freePort,
  logLine,
  outcomeLine,
  startAgent,
  startServer,
  startTestGateway,
  type TestGateway,
  type TestServer,
} from './fixture';
import { serverOf, startForeign } from './mcp-server-fixture';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../../runtime-kit/test/otlp-receiver';
import { post, startToolset, toolset } from './toolset-fixture';

afterEach(cleanUp);

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SAMPLED = `00-${TRACE}-${PARENT}-01`;
const UNSAMPLED = `00-${TRACE}-${PARENT}-00`;

interface Platform {
  readonly gateway: TestGateway;
  readonly support: TestServer;
  readonly logs: TestServer;
  /** What was recorded. Ends the gateway, which sends the last of it. */
  recorded(): Promise<ReceivedSpan[]>;
}

/** A gateway with an agent and a toolset, and its collector. */
async function start(
  tracing: Partial<NonNullable<GatewayDocumentInput['tracing']>>,
  more: Partial<GatewayDocumentInput> = {},
  collector?: OtlpReceiver,
): Promise<Platform> {
  const receiver = collector ?? (await startOtlpReceiver());
  const support = await startAgent('support');
  const logs = await startToolset('logs');
  const gateway = await startTestGateway({
    document: documentOf({
      agents: [agent('support')],
      routes: [byAgent('support')],
      toolsets: [toolset('logs', { echo: 'log_echo', fail: 'fail' })],
      tracing: { endpoint: receiver.endpoint, ...tracing },
      ...more,
    }),
    hosts: { 'support-pods:8080': [support.address], 'logs-pods:8080': [logs.address] },
  });
  const recorded = async () => {
    await gateway.close();
    return receiver.spans;
  };
  return { gateway, support, logs, recorded };
}

const invoke = async ({ gateway }: Platform, headers: Record<string, string> = {}, input = 'hi') =>
  (await gateway.invoke({ agent: 'support', input }, headers)).text();

const call = async ({ gateway }: Platform, name: string, headers: object = {}, more: object = {}) =>
  (await post(gateway, 'modern', 'tools/call', { name, arguments: { text: 'a' }, ...more }, headers)).text();

const last = (server: TestServer) => server.requests.at(-1)!;

describe('a request that is recorded', () => {
  it('is one trace from its client to the agent', async () => {
    const platform = await start({ samplingRatio: 1 });
    await invoke(platform, { traceparent: SAMPLED, tracestate: 'other=1' });
    const [asked, served] = await platform.recorded();
    expect(served).toMatchObject({
      traceId: TRACE,
      parentSpanId: PARENT,
      traceState: 'other=1',
      name: 'POST /v1/invoke',
      kind: 2,
      status: 0,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/invoke',
        'http.response.status_code': 200,
        'agentyard.route': 'by-agent-support',
        'agentyard.outcome': 'ok',
      },
      resource: { 'service.name': 'gateway', 'service.namespace': 'test', 'telemetry.sdk.name': 'opentelemetry' },
    });
    expect(asked).toMatchObject({
      traceId: TRACE,
      parentSpanId: served?.spanId,
      name: 'invoke_agent support',
      kind: 3,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': 'support',
        'server.address': 'support-pods',
        'server.port': 8080,
        'http.response.status_code': 200,
      },
    });
    const { headers } = last(platform.support);
    expect(headers.traceparent).toBe(`00-${TRACE}-${asked?.spanId}-01`);
    expect(headers.tracestate).toBe('other=1');
    expect(await outcomeLine(platform.gateway)).toMatchObject({ traceId: TRACE });
  });

  it('says what an agent has used', async () => {
    const usage = { inputTokens: 7, outputTokens: 3 };
    const busy = await startServer((_request, response) => answerJson(response, 200, { output: 'x', usage }));
    const platform = await start({ samplingRatio: 1 });
    await platform.gateway.writeHosts({ 'support-pods:8080': [busy.address] });
    await eventually(async () => (await invoke(platform)).includes('"x"'));
    const spans = await platform.recorded();
    expect(spans.find(({ attributes }) => attributes['gen_ai.usage.input_tokens'] !== undefined)).toMatchObject({
      attributes: { 'gen_ai.usage.input_tokens': 7, 'gen_ai.usage.output_tokens': 3 },
    });
  });

  it('is one trace from its client to the toolset, by what the message says', async () => {
    const platform = await start({ samplingRatio: 1 });
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
      'io.modelcontextprotocol/clientCapabilities': {},
      traceparent: SAMPLED,
    };
    const body = {
      jsonrpc: '2.0',
      id: 7,
      method: 'tools/call',
      params: { name: 'log_echo', arguments: { text: 'secret' }, _meta },
    };
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'log_echo',
      traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
    };
    await (await fetch(`${platform.gateway.url}/mcp`, { method: 'POST', headers, body: JSON.stringify(body) })).text();
    const [asked, served] = await platform.recorded();
    expect(served).toMatchObject({
      traceId: TRACE,
      parentSpanId: PARENT,
      name: 'tools/call log_echo',
      attributes: {
        'mcp.method.name': 'tools/call',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'log_echo',
        'mcp.protocol.version': '2026-07-28',
        'jsonrpc.request.id': '7',
        'http.route': '/mcp',
      },
    });
    expect(asked).toMatchObject({
      parentSpanId: served?.spanId,
      name: 'tools/call echo',
      kind: 3,
      attributes: { 'gen_ai.tool.name': 'echo', 'agentyard.callee': 'toolset/logs' },
    });
    expect(last(platform.logs).headers.traceparent).toBe(`00-${TRACE}-${asked?.spanId}-01`);
  });

  it('has a span for each server that a list is gathered from, and errors where they were', async () => {
    const platform = await start({ samplingRatio: 1 });
    await (await post(platform.gateway, 'modern', 'tools/list', {})).text();
    await call(platform, 'fail');
    await call(platform, 'unheard-of');
    const spans = await platform.recorded();
    const of = (name: string, kind: number) => spans.find((span) => span.name === name && span.kind === kind);
    expect(of('tools/list', 3)?.parentSpanId).toBe(of('tools/list', 2)?.spanId);
    expect(of('tools/list', 2)).toMatchObject({ parentSpanId: '', status: 0 });
    expect(of('tools/call fail', 3)).toMatchObject({ status: 2, attributes: { 'error.type': 'tool_error' } });
    expect(of('tools/call fail', 2)).toMatchObject({ status: 2, attributes: { 'error.type': 'tool_error' } });
    expect(of('tools/call', 2)).toMatchObject({
      status: 2,
      attributes: { 'error.type': '-32602', 'rpc.response.status_code': '-32602' },
    });
  });

  it.each(['modern', 'legacy'] as const)('goes on in messages to a server of others of the %s era', async (era) => {
    const crm = await startForeign('crm', era, (server) => {
      server.registerTool('find', { description: 'find' }, () => ({ content: [] }));
    });
    const platform = await start({ samplingRatio: 1 }, { mcpServers: [serverOf('crm', crm.url)] });
    await call(platform, 'find', { traceparent: SAMPLED });
    const spans = await platform.recorded();
    const asked = spans.find(({ name, kind }) => name === 'tools/call find' && kind === 3);
    const got = crm.requests.find(({ message }) => message.method === 'tools/call')!;
    const own = `00-${TRACE}-${asked?.spanId}-01`;
    expect(got.headers.traceparent).toBe(own);
    expect((got.message.params as { _meta: object })._meta).toMatchObject({ traceparent: own });
  });

  it('has no contents and no secrets in its spans', async () => {
    const receiver = await startOtlpReceiver();
    const platform = await start({ samplingRatio: 1 }, {}, receiver);
    await invoke(platform, { authorization: 'Bearer canary-token', cookie: 'canary-cookie' }, 'canary-prompt');
    await call(
      platform,
      'log_echo',
      { authorization: 'Bearer canary-token' },
      { arguments: { text: 'canary-argument' } },
    );
    expect((await platform.recorded()).length).toBe(4);
    expect(receiver.text()).not.toContain('canary');
  });
});

describe('a request that is not recorded', () => {
  it('is passed on in its trace, which is not recorded further on either', async () => {
    const platform = await start({ samplingRatio: 0 });
    await invoke(platform, { traceparent: SAMPLED, tracestate: 'other=1' });
    expect(last(platform.support).headers).toMatchObject({ traceparent: UNSAMPLED, tracestate: 'other=1' });
    await call(platform, 'log_echo', { traceparent: SAMPLED });
    expect(last(platform.logs).headers.traceparent).toBe(UNSAMPLED);
    expect(await outcomeLine(platform.gateway)).toMatchObject({ traceId: TRACE });
    await invoke(platform);
    expect(last(platform.support).headers).not.toHaveProperty('traceparent');
    await invoke(platform, { traceparent: 'nonsense' });
    expect(last(platform.support).headers).not.toHaveProperty('traceparent');
    expect(await platform.recorded()).toEqual([]);
  });

  it('is passed on also where nothing is declared, by headers and as its message says', async () => {
    const platform = await start({}, { tracing: undefined });
    await invoke(platform, { traceparent: SAMPLED });
    expect(last(platform.support).headers.traceparent).toBe(UNSAMPLED);
    expect(await platform.recorded()).toEqual([]);
  });
});

describe('the sampled flag', () => {
  it('of a client does not count', async () => {
    const platform = await start({ samplingRatio: 0 }, { trustedProxies: { cidrs: ['127.0.0.1/32'] } });
    for (let i = 0; i < 5; i += 1) await invoke(platform, { traceparent: SAMPLED });
    expect(await platform.recorded()).toEqual([]);
  });

  it.each([
    [0, SAMPLED, 2],
    [1, UNSAMPLED, 0],
    [1, undefined, 2],
  ])(
    'of a trusted proxy counts if that is declared: at a ratio of %d, %s makes %d spans',
    async (samplingRatio, traceparent, count) => {
      const proxies = { trustedProxies: { cidrs: ['127.0.0.1/32'] } };
      const platform = await start({ samplingRatio, trustsProxySampling: true }, proxies);
      await invoke(platform, traceparent === undefined ? {} : { traceparent });
      expect(await platform.recorded()).toHaveLength(count);
    },
  );

  it('of somebody else does not, even then', async () => {
    const proxies = { trustedProxies: { cidrs: ['10.0.0.0/8'] } };
    const platform = await start({ samplingRatio: 0, trustsProxySampling: true }, proxies);
    await invoke(platform, { traceparent: SAMPLED });
    expect(await platform.recorded()).toEqual([]);
  });
});

describe('a collector that takes nothing', () => {
  const count = ({ metrics }: TestGateway, result: string) =>
    metrics.eventCounts.find(({ name }) => name === 'agentyard_spans_total')?.values.get(result);

  it('is counted, and told of once', async () => {
    const collector = await startServer((_request, response) => answerJson(response, 400, {}));
    const platform = await start({ samplingRatio: 1, endpoint: `http://${collector.address}/v1/traces` });
    const { gateway } = platform;
    for (let i = 0; i < 300; i += 1) expect(await invoke(platform)).toContain('from support');
    await platform.recorded();
    await eventually(() => count(gateway, 'failed') === 600);
    expect([count(gateway, 'exported'), count(gateway, 'dropped')]).toEqual([0, 0]);
    expect(collector.requests.length).toBeGreaterThan(1);
    const lines = gateway.logs.filter(({ event }) => event === 'spans-lost');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'warn', reason: 'it answers with status 400' });
  });

  it('keeps no request from its answer, and no gateway from its end', async () => {
    const platform = await start({ samplingRatio: 1, endpoint: `http://127.0.0.1:${await freePort()}/v1/traces` });
    for (let i = 0; i < 10; i += 1) expect(await invoke(platform)).toContain('from support');
    expect(await platform.recorded()).toEqual([]);
  });
});

it('another collector of a new document gets what is recorded from then on', async () => {
  const [first, second] = [await startOtlpReceiver(), await startOtlpReceiver()];
  const platform = await start({ samplingRatio: 1 }, {}, first);
  await invoke(platform);
  const document = documentOf({
    agents: [agent('support')],
    routes: [byAgent('support')],
    tracing: { endpoint: second.endpoint, samplingRatio: 1 },
  });
  await platform.gateway.writeDocument(document);
  await logLine(platform.gateway, 'reloaded');
  await eventually(() => first.spans.length === 2);
  await invoke(platform);
  await platform.recorded();
  expect([first.spans.length, second.spans.length]).toEqual([2, 2]);
});
