import type { GatewayDocumentInput } from 'agentyard/contract';
import {
  agent,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  logLine,
  startAgent,
  startTestGateway,
} from '../fixture';
import { messageOf, post, startToolset, toolset } from '../toolset-fixture';

afterEach(cleanUp);

const ANN = apiKey('ann00001', { user: 'ann', roles: ['analyst'] });
const ANN_TOO = apiKey('ann00002', { user: 'ann' });
const BOB = apiKey('bob00001', { user: 'bob' });
const KEYS = { ann00001: ANN.file, ann00002: ANN_TOO.file, bob00001: BOB.file };

type Limits = NonNullable<GatewayDocumentInput['rateLimits']>;

const usual = { name: 'usual', requests: 2, windowMs: 60_000, counted: 'local' as const };

async function limited(rateLimits: Limits, more: Partial<GatewayDocumentInput> = {}) {
  const [support, other, logs] = [await startAgent('support'), await startAgent('other'), await startToolset('logs')];
  const clock = { now: 0 };
  const document = documentOf({
    auth: API_KEYS,
    agents: [agent('support'), agent('other')],
    routes: [byAgent('support'), byAgent('other')],
    toolsets: [toolset('logs', ['echo', 'fail'])],
    rateLimits,
    ...more,
  });
  const gateway = await startTestGateway({
    document,
    hosts: {
      'support-pods:8080': [support.address],
      'other-pods:8080': [other.address],
      'logs-pods:8080': [logs.address],
    },
    keys: KEYS,
    sources: { now: () => clock.now },
  });
  const ask = (key = ANN.key, name = 'support') => gateway.invoke({ agent: name, input: 'hi' }, { 'x-api-key': key });
  const call = (name = 'echo', key = ANN.key) =>
    post(gateway, 'modern', 'tools/call', { name, arguments: { text: 'hi' } }, { 'x-api-key': key });
  return { gateway, document, support, logs, clock, ask, call };
}

const statuses = async (answers: (() => Promise<Response>)[]): Promise<number[]> => {
  const found: number[] = [];
  for (const answer of answers) found.push((await answer()).status);
  return found;
};

describe('a rate limit of a gateway', () => {
  it('says 429, when to come back, and what the limit is', async () => {
    const { gateway, support, clock, ask } = await limited([usual]);
    const first = await ask();
    expect(first.headers.get('ratelimit-policy')).toBe('"usual";q=2;w=60');
    expect(first.headers.get('ratelimit')).toBe('"usual";r=1;t=30');
    expect((await ask()).headers.get('ratelimit')).toBe('"usual";r=0;t=60');
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(refused.headers.get('ratelimit')).toBe('"usual";r=0;t=30');
    expect(await refused.json()).toMatchObject({
      code: 'rate-limited',
      detail: 'Agent "support" got nothing: the limit "usual" is reached. The request may be sent again after 30 s.',
    });
    expect(await logLine(gateway, 'decision')).toBeDefined();
    const denied = gateway.logs.find(({ event, decision }) => event === 'decision' && decision === 'denied');
    expect(denied).toMatchObject({ reason: 'rate-limited', user: 'ann', agent: 'support' });
    expect(support.requests).toHaveLength(2);
    clock.now += 30_000;
    expect((await ask()).status).toBe(200);
  });

  it('is for each user, over all keys, agents and tools', async () => {
    const { ask, call } = await limited([usual]);
    expect(await statuses([ask, () => call(), () => ask(ANN_TOO.key), () => ask(BOB.key)])).toEqual([
      200, 200, 429, 200,
    ]);
  });

  it.each<[string, Limits[number], number[]]>([
    ['each key', { ...usual, per: ['key'], requests: 1 }, [200, 200, 200, 429]],
    ['each tool and user', { ...usual, per: ['user', 'tool'], requests: 1 }, [200, 429, 200, 429]],
    ['all together', { ...usual, per: [], requests: 3 }, [200, 200, 200, 429]],
    ['callers of a role', { ...usual, roles: ['analyst'], requests: 1 }, [200, 200, 200, 429]],
    ['an agent', { ...usual, agents: ['other'], requests: 1 }, [200, 200, 200, 200]],
    ['a smaller burst', { ...usual, burst: 1 }, [200, 429, 200, 429]],
  ])('can be for %s', async (_, limit, expected) => {
    const { ask } = await limited([limit]);
    expect(await statuses([ask, () => ask(ANN_TOO.key), () => ask(BOB.key), ask])).toEqual(expected);
  });

  it('is told to MCP clients with 429 and a JSON-RPC error, and can be for one tool', async () => {
    const { call, logs } = await limited([{ ...usual, requests: 1, tools: [{ toolset: 'logs', tool: 'echo' }] }]);
    const first = await call();
    expect(first.headers.get('ratelimit')).toBe('"usual";r=0;t=60');
    await first.text();
    const refused = await call();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(await messageOf(refused)).toMatchObject({
      id: 7,
      error: {
        code: -32_000,
        message: 'The toolset "logs" was not called: the limit "usual" is reached. The call may be retried after 60 s.',
        data: { retryAfterSeconds: 60 },
      },
    });
    expect((await call('fail')).status).toBe(200);
    expect(logs.requests).toHaveLength(2);
  });

  it('counts on over a reload', async () => {
    const { gateway, document, ask } = await limited([{ ...usual, requests: 1 }]);
    expect((await ask()).status).toBe(200);
    await gateway.writeDocument({ ...document, maxBodyBytes: 5_000 });
    await logLine(gateway, 'reloaded');
    expect((await ask()).status).toBe(429);
  });
});
