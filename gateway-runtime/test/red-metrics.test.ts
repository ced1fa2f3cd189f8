import { isDeepStrictEqual } from 'node:util';
import { Metrics } from '@agentyard/runtime-kit';
import { MetricsServer } from '../../runtime-kit/src/metrics-server';
import type { AuditedContext } from '../src/pipeline/audit';
import { RequestMetrics } from '../src/telemetry/request-metrics';
import {
  agent,
  answerJson,
  byAgent,
  byIntent,
  cleanUp,
  documentOf,
  eventually,
  startAgent,
  startServer,
  startTestGateway,
} from './fixture';
import { serverOf, startRawServer } from './mcp-server-fixture';
import { post, startToolset, toolset } from './toolset-fixture';

afterEach(cleanUp);

/** What Prometheus would read. */
async function scrapeOf(metrics: Metrics): Promise<string> {
  const server = await MetricsServer.start({ host: '127.0.0.1', port: 0 }, metrics, () => ({ inFlight: 0, queued: 0 }));
  try {
    return await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  } finally {
    await server.close();
  }
}

/** How many there were, by the labels of each series of a histogram. */
async function countsOf(metrics: Metrics, histogram: string): Promise<Record<string, number>> {
  const lines = (await scrapeOf(metrics)).split('\n').filter((line) => line.startsWith(`${histogram}_count{`));
  return Object.fromEntries(
    lines.map((line) => {
      const [, labels = '', count] = /\{(.*)\} (\d+)$/.exec(line) ?? [];
      return [labels.replaceAll(/\w+="([^"]*)"/g, '$1'), Number(count)];
    }),
  );
}

/** Waits until these are the counts: a request is counted when its client has the answer already. */
async function counted(metrics: Metrics, histogram: string, expected: Record<string, number>): Promise<void> {
  let counts: Record<string, number> = {};
  const isThere = async (): Promise<boolean> => {
    counts = await countsOf(metrics, histogram);
    return isDeepStrictEqual(counts, expected);
  };
  await eventually(isThere).catch(() => expect(counts).toEqual(expected));
}

const MCP = 'mcp_server_operation_duration_seconds';
const UPSTREAM = 'mcp_client_operation_duration_seconds';

describe('rate, errors and duration', () => {
  it('are told by route and by agent', async () => {
    const support = await startAgent('support');
    const broken = await startServer((_request, response) => answerJson(response, 200, 'no', 'text/html'));
    const gateway = await startTestGateway({
      document: documentOf({
        agents: [agent('support'), agent('broken')],
        routes: [byAgent('support'), byIntent('by-intent', 'broken', 'broken')],
      }),
      hosts: { 'support-pods:8080': [support.address], 'broken-pods:8080': [broken.address] },
    });
    for (const body of [{ agent: 'support' }, { agent: 'support' }, { intent: 'broken' }, { agent: 'nobody' }]) {
      await (await gateway.invoke({ input: 'hi', ...body })).text();
    }
    await counted(gateway.metrics, 'agentyard_invocation_duration_seconds', {
      'by-agent-support,': 2,
      'by-intent,failed': 1,
      'none,refused': 1,
    });
    expect(await countsOf(gateway.metrics, 'gen_ai_client_operation_duration_seconds')).toEqual({
      'invoke_agent,support,': 2,
      'invoke_agent,broken,failed': 1,
    });
    await gateway.writeDocument(documentOf({ agents: [agent('support')], routes: [byAgent('support')] }));
    await counted(gateway.metrics, 'agentyard_invocation_duration_seconds', {
      'by-agent-support,': 2,
      'none,refused': 1,
    });
    expect(await countsOf(gateway.metrics, 'gen_ai_client_operation_duration_seconds')).toEqual({
      'invoke_agent,support,': 2,
    });
  });

  it('are told by method, tool and server, and no name that a client invents is among them', async () => {
    const logs = await startToolset('logs');
    const crm = await startRawServer(({ method, params }) =>
      method === 'tools/list'
        ? {
            result: {
              resultType: 'complete',
              ttlMs: 0,
              cacheScope: 'private',
              tools: [{ name: 'find', inputSchema: { type: 'object' } }],
            },
          }
        : params.name === 'find'
          ? { result: { resultType: 'complete', content: [] } }
          : { error: { code: -32_602, message: 'no such tool' } },
    );
    const gateway = await startTestGateway({
      document: documentOf({
        toolsets: [toolset('logs', ['echo', 'fail'])],
        mcpServers: [serverOf('crm', crm.url)],
        foreignNames: 'prefixed',
      }),
      hosts: { 'logs-pods:8080': [logs.address] },
    });
    const call = async (name: string, path = '/mcp') =>
      (await post(gateway, 'modern', 'tools/call', { name, arguments: { text: 'a' } }, {}, path)).text();
    await (await post(gateway, 'modern', 'tools/list', {})).text();
    for (const name of ['echo', 'echo', 'fail', 'crm__find', 'unheard-of']) await call(name);
    for (let i = 0; i < 30; i += 1) await call(`crm__odd${i}`);
    for (let i = 0; i < 30; i += 1) await call(`odd${i}`, '/mcp/crm');
    await (await post(gateway, 'modern', 'odd/method', {})).text();
    await counted(gateway.metrics, MCP, {
      'tools/list,,,': 1,
      'tools/call,echo,toolset/logs,': 2,
      'tools/call,fail,toolset/logs,tool_error': 1,
      'tools/call,find,server/crm,': 1,
      'tools/call,,,-32602': 1,
      'tools/call,other,server/crm,-32602': 60,
      'other,,,-32601': 1,
    });
    expect(await countsOf(gateway.metrics, UPSTREAM)).toMatchObject({
      'tools/list,toolset/logs,': 1,
      'tools/call,toolset/logs,': 2,
      'tools/call,toolset/logs,tool_error': 1,
      'tools/call,server/crm,': 1,
      'tools/call,server/crm,-32602': 60,
    });
    await logs.close();
    await call('echo');
    expect(await countsOf(gateway.metrics, UPSTREAM)).toMatchObject({ 'tools/call,toolset/logs,unreachable': 1 });
  });

  it('have a bounded number of tools, however many a server lists', async () => {
    const metrics = new Metrics();
    const requests = new RequestMetrics(metrics);
    const listed = { kind: 'server', target: { name: 'crm' }, hasShown: () => true };
    for (let i = 0; i < 10_000; i += 1) {
      const request = { audit: { noted: { method: 'tools/call' } }, tool: { backend: listed, name: `tool-${i}` } };
      requests.countMessage(request as unknown as AuditedContext, 'ok', 3);
    }
    const counts = await countsOf(metrics, MCP);
    expect(Object.keys(counts)).toHaveLength(301);
    expect(counts['tools/call,other,server/crm,']).toBe(9_700);
    expect(counts['tools/call,tool-299,server/crm,']).toBe(1);
  });

  it('fall into buckets that add up', async () => {
    const metrics = new Metrics();
    const series = metrics.addHistogram('some_seconds', 'some', ['kind']).of('x"y');
    for (const seconds of [0.001, 0.01, 0.3, 1_000]) series.observe(seconds);
    const text = await scrapeOf(metrics);
    expect(text).toContain('# TYPE some_seconds histogram');
    const value = (sample: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${sample} `))
          ?.split(' ')[1],
      );
    const bucket = (le: string) => value(`some_seconds_bucket{kind="x\\"y",le="${le}"}`);
    expect([bucket('0.01'), bucket('0.2'), bucket('0.5'), bucket('300'), bucket('+Inf')]).toEqual([2, 2, 3, 3, 4]);
    expect(value('some_seconds_count{kind="x\\"y"}')).toBe(4);
    expect(value('some_seconds_sum{kind="x\\"y"}')).toBeCloseTo(1_000.311);
  });
});
