import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import OpenAI from 'openai';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { CALL, invokeAnswer, startAnsweringAgent } from '../../gateway-runtime/test/agent-tool-fixture';
import {
  agent,
  answerJson,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  startServer,
  startTestGateway,
  temporaryDirectory,
  type TestGateway,
} from '../../gateway-runtime/test/fixture';
import { messageOf, post } from '../../gateway-runtime/test/toolset-fixture';
import { certificateFor } from '../../runtime-kit/test/test-certificate';
import { installPackages } from './debian-packages';
import { RedisServer } from './redis-server';

beforeAll(() => installPackages('redis-server'), 300_000);
afterEach(cleanUp);

const PASSWORD = 'canary-password';
const ANN = apiKey('ann00001', { user: 'ann' });
const BOB = apiKey('bob00001', { user: 'bob' });
const price = { inputPerMillion: 3, outputPerMillion: 15 };
const LIMIT = { name: 'usual', requests: 3, windowMs: 60_000, counted: 'shared' as const };

/** An agent that says what it has used, as JSON or as events, or breaks off. */
async function startUsing(used: { input: number; output: number; mode?: 'breaks' }) {
  return startServer((request, response) => {
    const usage = { inputTokens: used.input, outputTokens: used.output, totalTokens: used.input + used.output };
    if (used.mode === 'breaks') return void response.destroy();
    if (request.headers.accept !== 'text/event-stream') return answerJson(response, 200, { output: 'hi', usage });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: turn-started\ndata: {"type":"turn-started","turn":1}\n\n');
    response.end(`event: completed\ndata: ${JSON.stringify({ type: 'completed', response: { usage } })}\n\n`);
  });
}

interface Setting {
  readonly port: number;
  readonly agentAddress: string;
  readonly document?: Partial<GatewayDocumentInput>;
  readonly store?: Partial<NonNullable<GatewayDocumentInput['store']>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly clock?: { now: number };
}

/** One replica of a gateway. */
async function replica({ port, agentAddress, document, store, files, clock }: Setting) {
  const gateway = await startTestGateway({
    document: documentOf({
      auth: API_KEYS,
      agents: [agent('support', { price })],
      routes: [byAgent('support')],
      store: { kind: 'valkey', host: 'localhost', port, passwordFile: '/etc/agentyard/store/password', ...store },
      ...document,
    }),
    hosts: { 'support-pods:8080': [agentAddress] },
    keys: { ann00001: ANN.file, bob00001: BOB.file },
    files: { 'store/password': `${PASSWORD}\n`, ...files },
    sources: clock && { today: () => clock.now },
  });
  await eventually(() => gateway.logs.find(({ event }) => event === 'store-up' || event === 'store-down'));
  return gateway;
}

const ask = (gateway: TestGateway, key = ANN.key, accept = 'application/json') =>
  gateway.invoke({ agent: 'support', input: 'hi' }, { 'x-api-key': key, accept });

async function statusOf(answer: Promise<Response>): Promise<number> {
  const response = await answer;
  await response.text();
  return response.status;
}

describe('rate limits in a Redis of Debian', () => {
  it('are counted by all replicas together, and told of in headers', async () => {
    const redis = await RedisServer.start({ password: PASSWORD });
    const support = await startUsing({ input: 1, output: 1 });
    const setting = { port: redis.port, agentAddress: support.address, document: { rateLimits: [LIMIT] } };
    const [one, two] = [await replica(setting), await replica(setting)];
    const first = await ask(one);
    expect(first.headers.get('ratelimit')).toBe('"usual";r=2;t=20');
    expect(await statusOf(ask(two))).toBe(200);
    expect(await statusOf(ask(one))).toBe(200);
    const refused = await ask(two);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toMatch(/^(19|20)$/);
    expect(await statusOf(ask(two, BOB.key))).toBe(200);
    expect(JSON.stringify([...one.logs, ...two.logs])).not.toContain(PASSWORD);
  });

  it.each<[string, (redis: RedisServer) => Promise<void> | void]>([
    ['is gone', (redis) => redis.stop()],
    ['hangs', (redis) => redis.pause()],
  ])('are counted by each replica for itself while it %s', async (_, fail) => {
    const redis = await RedisServer.start({ password: PASSWORD });
    const support = await startUsing({ input: 1, output: 1 });
    const setting = { port: redis.port, agentAddress: support.address, document: { rateLimits: [LIMIT] } };
    const [one, two] = [await replica(setting), await replica(setting)];
    await fail(redis);
    for (const gateway of [one, two]) {
      for (let i = 0; i < 3; i += 1) expect(await statusOf(ask(gateway))).toBe(200);
      expect(await statusOf(ask(gateway))).toBe(429);
    }
    expect(one.logs.find(({ event }) => event === 'store-unavailable')).toBeDefined();
    redis.resume();
  });

  it('go over an encrypted connection, to no server of another authority', async () => {
    const { cert, key } = certificateFor('localhost');
    const directory = await temporaryDirectory();
    const tls = { cert: path.join(directory, 'tls.crt'), key: path.join(directory, 'tls.key') };
    await Promise.all([writeFile(tls.cert, cert), writeFile(tls.key, key)]);
    const redis = await RedisServer.start({ password: PASSWORD, tls });
    const support = await startUsing({ input: 1, output: 1 });
    const setting = { port: redis.port, agentAddress: support.address, document: { rateLimits: [LIMIT] } };
    const files = { 'store/ca.crt': cert };
    const trusted = await replica({ ...setting, files, store: { tls: { caFile: '/etc/agentyard/store/ca.crt' } } });
    expect(trusted.logs.find(({ event }) => event === 'store-up')).toBeDefined();
    expect((await ask(trusted)).headers.get('ratelimit')).toBe('"usual";r=2;t=20');
    const other = await replica({ ...setting, store: { tls: {} } });
    expect(other.logs.find(({ event }) => event === 'store-down')).toBeDefined();
  });
});

describe('quotas in a Redis of Debian', () => {
  const tokens = { name: 'tokens', unit: 'tokens' as const, perDay: 100, reserve: 10 };
  const midday = Date.parse('2026-01-02T12:00:00Z');

  async function quotaed(quota: NonNullable<GatewayDocumentInput['quotas']>[number], used = { input: 30, output: 20 }) {
    const redis = await RedisServer.start({ password: PASSWORD });
    const use: Parameters<typeof startUsing>[0] = { ...used };
    const support = await startUsing(use);
    const clock = { now: midday };
    const setting = { port: redis.port, agentAddress: support.address, clock, document: { quotas: [quota] } };
    return { redis, use, support, clock, one: await replica(setting), two: await replica(setting) };
  }

  it('end when the tokens of a day are used, at all replicas, for the user alone, until midnight', async () => {
    const { clock, one, two } = await quotaed(tokens);
    expect(await statusOf(ask(one))).toBe(200);
    expect(await statusOf(ask(two, ANN.key, 'text/event-stream'))).toBe(200);
    const refused = await eventually(async () => {
      const answer = await ask(one);
      return answer.status === 429 && answer;
    });
    expect(refused.headers.get('retry-after')).toBe('43200');
    expect(await refused.json()).toMatchObject({ code: 'quota-exceeded', detail: expect.stringContaining('"tokens"') });
    expect(await statusOf(ask(two, BOB.key))).toBe(200);
    clock.now += 43_200_000;
    expect(await statusOf(ask(two))).toBe(200);
  });

  it('charge money by the price of the model', async () => {
    // 100 tokens in at 3 and 100 out at 15 for a million: 0.0018.
    const { one, two } = await quotaed(
      { name: 'money', unit: 'money', perDay: 0.0035, reserve: 0.0001 },
      { input: 100, output: 100 },
    );
    expect(await statusOf(ask(one))).toBe(200);
    expect(await statusOf(ask(two))).toBe(200);
    await eventually(async () => (await statusOf(ask(one))) === 429);
  });

  it('charge chats too, also those of clients that do not ask what a stream has used', async () => {
    const redis = await RedisServer.start({ password: PASSWORD });
    const usage = { prompt_tokens: 30, completion_tokens: 20, total_tokens: 50 };
    const support = await startServer((_request, response, body) => {
      if ((JSON.parse(body) as { stream?: boolean }).stream !== true) {
        return answerJson(response, 200, { choices: [{ message: { content: 'hi' } }], usage });
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: 'hi' } }] })}\n\n`);
      response.end(`data: ${JSON.stringify({ choices: [{ delta: {} }], usage })}\n\ndata: [DONE]\n\n`);
    });
    const document = { quotas: [tokens] };
    const gateway = await replica({ port: redis.port, agentAddress: support.address, document });
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: ANN.key, maxRetries: 0 });
    const question = { model: 'support', messages: [{ role: 'user' as const, content: 'hi' }] };
    await client.chat.completions.create(question);
    const stream = await client.chat.completions.create({ ...question, stream: true });
    for await (const chunk of stream) expect(chunk.choices).toHaveLength(1);
    const refused = await eventually(() =>
      client.chat.completions.create(question).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(refused).toBeInstanceOf(OpenAI.RateLimitError);
    expect(refused).toMatchObject({ code: 'quota-exceeded', message: expect.stringContaining('"tokens"') });
    expect(support.requests).toHaveLength(2);
  });

  it('charge what was reserved when an agent does not say what it has used', async () => {
    const { use, one } = await quotaed({ ...tokens, reserve: 50 });
    use.mode = 'breaks';
    expect(await statusOf(ask(one))).toBe(502);
    expect(await statusOf(ask(one))).toBe(502);
    expect(await statusOf(ask(one))).toBe(429);
  });

  it('count what agents use that are called as tools', async () => {
    const redis = await RedisServer.start({ password: PASSWORD });
    const answer = invokeAnswer({ usage: { inputTokens: 30, outputTokens: 20, totalTokens: 50 } });
    const support = await startAnsweringAgent(answer);
    const document = { quotas: [tokens], agentTools: ['support'] };
    const one = await replica({ port: redis.port, agentAddress: support.address, document });
    const call = (more: object) => post(one, 'legacy', 'tools/call', { ...CALL, ...more }, { 'x-api-key': ANN.key });
    expect((await call({})).headers.get('content-type')).toBe('application/json');
    const streamed = await call({ _meta: { progressToken: 1 } });
    expect(streamed.headers.get('content-type')).toBe('text/event-stream');
    await streamed.text();
    const refused = await eventually(async () => {
      const again = await call({});
      return again.status === 429 && again;
    });
    expect((await messageOf(refused)).error).toMatchObject({
      message: expect.stringMatching(/^quota-exceeded: .*"tokens"/),
    });
    expect(await statusOf(ask(one))).toBe(429);
  });

  it('let nobody use anything while it is down, and charge later what was used meanwhile', async () => {
    const { redis, support, one } = await quotaed({ ...tokens, perDay: 10 });
    await redis.stop();
    const refused = await ask(one);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ code: 'quota-unavailable' });
    expect(support.requests).toHaveLength(0);
    await RedisServer.start({ password: PASSWORD, port: redis.port });
    await eventually(async () => (await statusOf(ask(one))) === 200);
    expect(await statusOf(ask(one))).toBe(429);
  });
});
