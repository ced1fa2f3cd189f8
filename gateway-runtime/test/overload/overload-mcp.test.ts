import type { ServerResponse } from 'node:http';
import type { GatewayDocumentInput } from 'agentyard/contract';
import {
  answerJson,
  API_KEYS,
  apiKey,
  cleanUp,
  documentOf,
  eventually,
  SERVICE_PORT,
  startServer,
  startTestGateway,
} from '../fixture';
import { messageOf, post, toolset, type Era, type ToolsetInput } from '../toolset-fixture';

afterEach(cleanUp);

const ann = apiKey('ann00001', { user: 'ann' });

interface Message {
  readonly id: string;
  readonly method: string;
}

/** A toolset whose answers to calls the test gives, behind a gateway. */
async function heldToolset(limits: ToolsetInput['limits'], more: Partial<GatewayDocumentInput> = {}) {
  const held: { readonly message: Message; readonly response: ServerResponse }[] = [];
  const server = await startServer((_request, response, body) => {
    held.push({ message: JSON.parse(body) as Message, response });
  });
  const gateway = await startTestGateway({
    document: documentOf({ auth: API_KEYS, toolsets: [toolset('logs', ['read'], { limits })], ...more }),
    hosts: { 'logs-pods:8080': [server.address], 'others-pods:8080': [server.address] },
    keys: { ann00001: ann.file },
  });
  const call = (era: Era = 'modern', method = 'tools/call', params: object = { name: 'read', arguments: {} }) =>
    post(gateway, era, method, params, { 'x-api-key': ann.key });
  const answer = (i: number, result: object = { content: [] }): void => {
    const each = held[i];
    if (each !== undefined && !each.response.headersSent)
      answerJson(each.response, 200, { jsonrpc: '2.0', id: each.message.id, result });
  };
  return { gateway, server, held, call, answer };
}

describe('how much a toolset gets', () => {
  it.each<Era>(['modern', 'legacy'])('says in a tool result that nothing was called, in the %s era', async (era) => {
    const { gateway, held, call, answer } = await heldToolset({ maxConcurrency: 1, maxQueue: 0 });
    const first = call(era);
    await eventually(() => held.length === 1);
    const refused = await call(era);
    expect(refused.status).toBe(200);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await messageOf(refused)).toMatchObject({
      id: 7,
      result: {
        isError: true,
        content: [
          {
            type: 'text',
            text: 'The toolset "logs" was not called: its queue is full. The call may be retried after 1 s.',
          },
        ],
      },
    });
    const denied = gateway.logs.find(({ event, decision }) => event === 'decision' && decision === 'denied');
    expect(denied).toMatchObject({ reason: 'overloaded', user: 'ann', toolset: 'logs', tool: 'read' });
    answer(0);
    expect((await messageOf(await first)).result).toMatchObject({ content: [] });
    expect(held).toHaveLength(1);
  });

  it('holds back no list', async () => {
    const { held, call, answer } = await heldToolset({ maxConcurrency: 1, maxQueue: 0 });
    const first = call();
    await eventually(() => held.length === 1);
    const list = call('modern', 'tools/list', {});
    await eventually(() => held.length === 2);
    answer(1, { tools: [{ name: 'read', inputSchema: { type: 'object' } }] });
    expect(((await messageOf(await list)).result as { tools: unknown[] }).tools).toHaveLength(1);
    answer(0);
    await first;
  });

  it('tells it how much time is left', async () => {
    const { server, held, call, answer } = await heldToolset({});
    const first = call();
    await eventually(() => held.length === 1);
    answer(0);
    await first;
    const left = Number(server.requests[0]?.headers['agentyard-time-left-ms']);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(5_000);
  });
});

describe('a toolset that fails', () => {
  const circuitBreaker = { minRequests: 2, openMs: 60_000, probes: 1 };

  it('is left alone, also by lists', async () => {
    const { held, call } = await heldToolset({ circuitBreaker });
    for (let i = 0; i < 2; i += 1) {
      const failed = call();
      (await eventually(() => held[i])).response.destroy();
      expect(JSON.stringify(await messageOf(await failed))).toContain('may have had its effect');
    }
    const open = await call();
    expect(open.headers.get('retry-after')).toBe('60');
    expect(JSON.stringify(await messageOf(open))).toContain('was not called: it failed too often');
    expect((await messageOf(await call('modern', 'tools/list', {}))).result).toMatchObject({ tools: [] });
    expect(held).toHaveLength(2);
  });

  it('is asked for its list once more when the connection breaks, and never called twice', async () => {
    const { gateway, held, call, answer } = await heldToolset({ circuitBreaker: { minRequests: 100 } });
    const list = call('modern', 'tools/list', {});
    (await eventually(() => held[0])).response.destroy();
    await eventually(() => held.length === 2);
    answer(1, { tools: [{ name: 'read', inputSchema: { type: 'object' } }] });
    expect(((await messageOf(await list)).result as { tools: unknown[] }).tools).toHaveLength(1);
    const retries = gateway.metrics.eventCounts.find(({ name }) => name === 'agentyard_retries_total')!;
    expect(retries.values.get('')).toBe(1);
    const broken = call();
    (await eventually(() => held[2])).response.destroy();
    await broken;
    expect(held).toHaveLength(3);
  });

  it('gets no more second requests than the budget has', async () => {
    const { held, call } = await heldToolset({ circuitBreaker: { minRequests: 1_000 } });
    for (let i = 0; i < 30; i += 1) {
      const list = call('modern', 'tools/list', {});
      for (let done = false; !done;) {
        void list.then(() => (done = true));
        for (const { response } of held) response.destroy();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    // Ten that are saved up, and a fifth of all.
    expect(held.length).toBeGreaterThanOrEqual(40);
    expect(held.length).toBeLessThanOrEqual(30 + 10 + (30 + 18) * 0.2 + 1);
  });
});

describe('an MCP server of others', () => {
  it('has limits of its own; what is refused beside tools is an error', async () => {
    const server: NonNullable<GatewayDocumentInput['mcpServers']>[number] = {
      name: 'others',
      endpoint: { by: 'pods', host: 'others-pods', port: SERVICE_PORT, path: '/mcp' },
      timeoutMs: 5_000,
      otherTools: '*',
      prompts: '*',
      limits: { maxConcurrency: 1, maxQueue: 0 },
    };
    const { held, call, answer } = await heldToolset({}, { toolsets: [], mcpServers: [server] });
    /** Answers what is asked before a request is sent on. */
    const answerQuestions = async (): Promise<void> => {
      for (let i = 0; ; i += 1) {
        const { message } = await eventually(() => held[i]);
        if (message.method === 'prompts/get') return;
        if (message.method === 'server/discover')
          answer(i, { supportedVersions: ['2026-07-28'], capabilities: { prompts: {} }, ttlMs: 60_000 });
        else answer(i, { prompts: [{ name: 'greet' }] });
      }
    };
    const first = call('modern', 'prompts/get', { name: 'greet' });
    await answerQuestions();
    const refused = await call('modern', 'prompts/get', { name: 'greet' });
    expect(await messageOf(refused)).toMatchObject({
      id: 7,
      error: {
        code: -32_000,
        message: 'The MCP server "others" was not called: its queue is full. The call may be retried after 1 s.',
        data: { retryAfterSeconds: 1 },
      },
    });
    held.forEach((_each, i) => answer(i, { messages: [] }));
    await first;
  });
});
