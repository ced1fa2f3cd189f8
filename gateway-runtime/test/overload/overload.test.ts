import type { ServerResponse } from 'node:http';
import type { GatewayDocumentInput } from 'agentyard/contract';
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
  type AgentInput,
  type TestGatewayOptions,
} from '../fixture';

afterEach(cleanUp);

type Limits = AgentInput['limits'];

const USERS = ['ann', 'bob'].map((user) => ({ user, id: `${user}00001`, ...apiKey(`${user}00001`, { user }) }));

/** An agent that answers when the test says so, and a gateway before it that knows two users. */
async function heldAgent(
  limits: Limits,
  more: Partial<TestGatewayOptions> = {},
  agentMore: Partial<AgentInput> = {},
  documentMore: Partial<GatewayDocumentInput> = {},
) {
  const held: { readonly input: string; readonly answer: () => void; readonly response: ServerResponse }[] = [];
  const server = await startServer((_request, response, body) => {
    const { input } = JSON.parse(body) as { input: string };
    held.push({ input, response, answer: () => answerJson(response, 200, { output: input }) });
  });
  const gateway = await startTestGateway({
    document: documentOf({
      auth: API_KEYS,
      agents: [agent('support', { limits, ...agentMore })],
      routes: [byAgent('support')],
      ...documentMore,
    }),
    hosts: { 'support-pods:8080': [server.address] },
    keys: Object.fromEntries(USERS.map(({ id, file }) => [id, file])),
    ...more,
  });
  const ask = (user: string, input: string, signal?: AbortSignal): Promise<Response> =>
    fetch(`${gateway.url}/v1/invoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': USERS.find((each) => each.user === user)?.key ?? '' },
      body: JSON.stringify({ agent: 'support', input }),
      signal,
    });
  const figure = (name: string): number | undefined =>
    gateway.metrics.labelledGauges
      .find((gauge) => gauge.name === name)
      ?.read()
      .get('agent/support');
  const queued = (count: number): Promise<true> =>
    eventually(() => figure('agentyard_callee_requests_queued') === count);
  return { gateway, server, held, ask, figure, queued };
}

describe('how much an agent gets', () => {
  it('is its concurrency; others wait, and the users take turns', async () => {
    const { held, ask, queued, figure } = await heldAgent({ maxConcurrency: 1 });
    const answers = [ask('ann', 'ann-1')];
    await eventually(() => held.length === 1);
    for (const [user, input] of [
      ['ann', 'ann-2'],
      ['ann', 'ann-3'],
      ['bob', 'bob-1'],
    ] as const) {
      answers.push(ask(user, input));
      await queued(answers.length - 1);
    }
    expect(figure('agentyard_callee_requests_in_flight')).toBe(1);
    for (let i = 0; i < 4; i += 1) {
      const next = await eventually(() => held[i]);
      expect(held).toHaveLength(i + 1);
      next.answer();
    }
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(held.map(({ input }) => input)).toEqual(['ann-1', 'ann-2', 'bob-1', 'ann-3']);
    expect(figure('agentyard_callee_requests_queued')).toBe(0);
  });

  it('says 503 at once when the queue is full, sends nothing, and says when to come back', async () => {
    const { gateway, server, held, ask, queued } = await heldAgent({ maxConcurrency: 1, maxQueue: 1 });
    const answers = [ask('ann', '1')];
    await eventually(() => held.length === 1);
    answers.push(ask('ann', '2'));
    await queued(1);
    const refused = await ask('ann', '3');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await refused.json()).toMatchObject({
      code: 'overloaded',
      detail: 'Agent "support" got nothing: its queue is full. The request may be sent again after 1 s.',
    });
    const denied = gateway.logs.find((line) => line.event === 'decision' && line.decision === 'denied');
    expect(denied).toMatchObject({ reason: 'overloaded', user: 'ann', agent: 'support', type: 'audit' });
    for (const count of [1, 2]) (await eventually(() => held[count - 1])).answer();
    await Promise.all(answers);
    expect(server.requests).toHaveLength(2);
    const { values } = gateway.metrics.eventCounts.find(({ name }) => name.includes('refused_for_load'))!;
    expect(values.get('overloaded')).toBe(1);
  });

  it('lets a user in a full queue who has less there than another', async () => {
    const { held, ask, queued } = await heldAgent({ maxConcurrency: 1, maxQueue: 2 });
    const first = ask('ann', '1');
    await eventually(() => held.length === 1);
    const second = ask('ann', '2');
    await queued(1);
    const third = ask('ann', '3');
    await queued(2);
    const other = ask('bob', '4');
    expect((await third).status).toBe(503);
    for (let i = 0; i < 3; i += 1) (await eventually(() => held[i])).answer();
    expect((await Promise.all([first, second, other])).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('refuses what waits longer than it may', async () => {
    const { held, ask } = await heldAgent({ maxConcurrency: 1, queueTimeoutMs: 50 });
    const first = ask('ann', '1');
    await eventually(() => held.length === 1);
    expect(await (await ask('bob', '2')).json()).toMatchObject({
      code: 'overloaded',
      detail: expect.stringContaining('no place was free in time'),
    });
    held[0]?.answer();
    await first;
  });

  it('forgets a client that leaves the queue', async () => {
    const { server, held, ask, queued } = await heldAgent({ maxConcurrency: 1 });
    const first = ask('ann', '1');
    await eventually(() => held.length === 1);
    const leaving = new AbortController();
    const left = ask('bob', '2', leaving.signal).catch(() => 'left');
    await queued(1);
    leaving.abort();
    await queued(0);
    expect(await left).toBe('left');
    held[0]?.answer();
    await first;
    expect(server.requests).toHaveLength(1);
  });

  it('is counted per ready pod, and shared by the replicas of the gateway', async () => {
    const clock = { now: 0 };
    const { gateway, server, held, ask, figure } = await heldAgent(
      { maxConcurrency: 4 },
      { sources: { now: () => clock.now } },
      {},
      { peers: { host: 'gateway-peers', port: 8081 } },
    );
    const hosts = (pods: number, replicas: number): Promise<void> =>
      gateway.writeHosts({
        'support-pods:8080': Array.from({ length: pods }, () => server.address),
        'gateway-peers:8081': Array.from({ length: replicas }, (_, i) => `127.0.0.1:${i + 1}`),
      });
    const answers: Promise<Response>[] = [];
    /** Asks once more, and waits until that is somewhere. */
    const askMore = async (): Promise<void> => {
      clock.now += 2_000;
      answers.push(ask('ann', String(answers.length)));
      const there = () =>
        (figure('agentyard_callee_requests_in_flight') ?? 0) + (figure('agentyard_callee_requests_queued') ?? 0);
      await eventually(() => there() === answers.length);
    };
    // A count that changes is heeded with the next request.
    await hosts(1, 4);
    for (let i = 0; i < 6; i += 1) await askMore();
    const alone = held.length;
    await hosts(4, 2);
    await askMore();
    await eventually(() => held.length === 7);
    expect(alone).toBeLessThan(6);
    for (const { answer } of held) answer();
    expect((await Promise.all(answers)).every(({ status }) => status === 200)).toBe(true);
  });

  it('counts on over a reload', async () => {
    const { gateway, held, ask, queued } = await heldAgent({ maxConcurrency: 1 });
    const first = ask('ann', '1');
    await eventually(() => held.length === 1);
    const document = documentOf({
      auth: API_KEYS,
      agents: [agent('support', { limits: { maxConcurrency: 1 } })],
      routes: [byAgent('support')],
      maxBodyBytes: 5_000,
    });
    await gateway.writeDocument(document);
    await eventually(() => gateway.logs.find(({ event }) => event === 'reloaded'));
    const second = ask('ann', '2');
    await queued(1);
    expect(held).toHaveLength(1);
    held[0]?.answer();
    (await eventually(() => held[1])).answer();
    await Promise.all([first, second]);
  });
});

describe('the deadline of a request', () => {
  it('goes along, less what was spent in the queue', async () => {
    const { server, held, ask, queued } = await heldAgent({ maxConcurrency: 1 }, {}, { timeoutMs: 60_000 });
    const first = ask('ann', '1');
    await eventually(() => held.length === 1);
    const second = ask('bob', '2');
    await queued(1);
    held[0]?.answer();
    (await eventually(() => held[1])).answer();
    await Promise.all([first, second]);
    const [direct, waited] = server.requests.map(({ headers }) => Number(headers['agentyard-time-left-ms']));
    expect(direct).toBeGreaterThan(0);
    expect(direct).toBeLessThanOrEqual(60_000);
    expect(waited).toBeGreaterThan(0);
    expect(waited).toBeLessThan(60_000);
  });

  it('ends the wait', async () => {
    const { held, ask } = await heldAgent({ maxConcurrency: 1 }, {}, { timeoutMs: 300 });
    const first = ask('ann', '1');
    await eventually(() => held.length === 1);
    const second = ask('bob', '2');
    expect((await first).status).toBe(504);
    // Its turn comes as the other's time is over, or its own time is over before.
    expect([503, 504]).toContain((await second).status);
  });
});

describe('an agent that fails', () => {
  const circuitBreaker = { minRequests: 3, openMs: 1_000, probes: 1 };

  /** A gateway with a clock of the test's own before an agent that fails while it is told to. */
  async function failing(more: Partial<GatewayDocumentInput> = {}) {
    const state = { fails: true, now: 0 };
    const server = await startServer((_request, response) =>
      state.fails ? void response.destroy() : answerJson(response, 200, { output: 'well' }),
    );
    const document = documentOf({
      agents: [agent('support', { limits: { circuitBreaker } })],
      routes: [byAgent('support')],
      ...more,
    });
    const gateway = await startTestGateway({
      document,
      hosts: { 'support-pods:8080': [server.address], 'spare-pods:8080': [server.address] },
      sources: { now: () => state.now, random: () => 0 },
    });
    const ask = (): Promise<Response> => gateway.invoke({ agent: 'support', input: 'hi' });
    return { gateway, server, state, ask };
  }

  it('is left alone, tried again after a while, and served when it answers', async () => {
    const { gateway, server, state, ask } = await failing();
    for (let i = 0; i < 3; i += 1) expect((await ask()).status).toBe(502);
    const open = await ask();
    expect(open.status).toBe(503);
    expect(open.headers.get('retry-after')).toBe('1');
    expect(await open.json()).toMatchObject({ code: 'circuit-open' });
    expect(server.requests).toHaveLength(3);
    const states = gateway.metrics.labelledGauges.find(({ name }) => name === 'agentyard_callee_circuit_state')!;
    expect(states.read().get('agent/support')).toBe(2);
    state.now += 1_000;
    expect((await ask()).status).toBe(502);
    expect((await ask()).status).toBe(503);
    state.now += 1_000;
    state.fails = false;
    expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(200);
    expect(states.read().get('agent/support')).toBe(0);
    const logged = gateway.logs.filter(({ event }) => event === 'circuit');
    expect(logged.map(({ state: to }) => to)).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
    expect(logged[0]).toMatchObject({ agent: 'support', level: 'warn' });
  });

  it('is also one that answers with a status of 500 and more', async () => {
    const server = await startServer((_request, response) => answerJson(response, 500, { code: 'internal-error' }));
    const gateway = await startTestGateway({
      document: documentOf({
        agents: [agent('support', { limits: { circuitBreaker } })],
        routes: [byAgent('support')],
      }),
      hosts: { 'support-pods:8080': [server.address] },
    });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await gateway.invoke({ agent: 'support', input: 'hi' })).status);
    expect(statuses).toEqual([500, 500, 500, 503]);
  });

  it('does not count as a backend while it is left alone', async () => {
    const spare = await startServer((_request, response) => answerJson(response, 200, { output: 'spare' }));
    const { gateway, server, ask } = await failing({
      agents: [agent('support', { limits: { circuitBreaker } }), agent('spare')],
      routes: [byAgent('support', ['support', 'spare'])],
    });
    await gateway.writeHosts({ 'support-pods:8080': [server.address], 'spare-pods:8080': [spare.address] });
    for (let i = 0; i < 3; i += 1) expect((await ask()).status).toBe(502);
    for (let i = 0; i < 3; i += 1) expect(await (await ask()).json()).toEqual({ output: 'spare' });
    expect(server.requests).toHaveLength(3);
  });
});
