import {
  agent,
  answerJson,
  byAgent,
  byIntent,
  cleanUp,
  documentOf,
  outcomeLine,
  startAgent,
  startServer,
  startTestGateway,
  type Answer,
  type AgentInput,
  type RouteInput,
} from './fixture';

afterEach(cleanUp);

/** A gateway before one replica each of `names`. */
async function gatewayBefore(names: readonly string[], routes: RouteInput[]) {
  const servers = await Promise.all(names.map((name) => startAgent(name)));
  const hosts = Object.fromEntries(names.map((name, i) => [`${name}-pods:8080`, [servers[i]?.address ?? '']]));
  const gateway = await startTestGateway({
    document: documentOf({ agents: names.map((name) => agent(name)), routes }),
    hosts,
  });
  const answeredBy = async (body: unknown): Promise<unknown> =>
    ((await (await gateway.invoke(body)).json()) as { agent: unknown }).agent;
  return { gateway, servers, answeredBy };
}

/** A gateway before an agent of the test's own making. */
async function gatewayBeforeAgent(answer: Answer, more: Partial<AgentInput> = {}) {
  const server = await startServer(answer);
  const document = documentOf({ agents: [agent('support', more)], routes: [byAgent('support')] });
  const gateway = await startTestGateway({ document, hosts: { 'support-pods:8080': [server.address] } });
  return { gateway, server, ask: () => gateway.invoke({ agent: 'support', input: 'hi' }) };
}

describe('POST /v1/invoke', () => {
  it('sends input and history to the named agent, with the request id, and passes its answer back', async () => {
    const { gateway, servers } = await gatewayBefore(['support'], [byAgent('support')]);
    const history = [{ role: 'user', content: 'hello' }];
    const answer = await gateway.invoke({ agent: 'support', input: 'hi', history }, { 'x-request-id': 'abc-1' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('x-request-id')).toBe('abc-1');
    expect(await answer.json()).toEqual({ agent: 'support', output: 'from support' });
    const [sent] = servers[0]?.requests ?? [];
    expect(JSON.parse(sent?.body ?? '')).toEqual({ input: 'hi', history });
    expect(sent?.headers).toMatchObject({
      'x-request-id': 'abc-1',
      accept: 'application/json',
      'content-type': 'application/json',
    });
  });

  it('writes an audit line when it is decided and one at its end, without contents', async () => {
    const { gateway } = await gatewayBefore(['support'], [byIntent('logs', 'canary', 'support')]);
    await (await gateway.invoke({ intent: 'canary-intent', input: 'canary-input' })).text();
    const line = await outcomeLine(gateway);
    expect(line).toMatchObject({
      user: 'anonymous',
      method: 'invoke',
      route: 'logs',
      agent: 'support',
      status: 200,
      duration_ms: expect.any(Number),
    });
    const lines = gateway.logs.filter(({ type }) => type === 'audit');
    expect(lines.map(({ event }) => event)).toEqual(['decision', 'request']);
    expect(lines[0]).toMatchObject({
      decision: 'allowed',
      user: 'anonymous',
      auth: 'none',
      method: 'invoke',
      route: 'logs',
      agent: 'support',
      client_ip: '127.0.0.1',
      requestId: line.requestId,
    });
    expect(line).toMatchObject({ decision: 'allowed', auth: 'none', client_ip: '127.0.0.1' });
    expect(JSON.stringify(gateway.logs)).not.toContain('canary');
  });

  describe('routing', () => {
    it('takes the intent rule with the highest priority, and the first of equals', async () => {
      const { answeredBy } = await gatewayBefore(
        ['low', 'first', 'second'],
        [
          byIntent('low', 'log', 'low', 1),
          byIntent('first', 'log', 'first', 5),
          byIntent('second', 'log', 'second', 5),
        ],
      );
      expect(await answeredBy({ intent: 'read the log', input: 'hi' })).toBe('first');
    });

    it('matches intents unanchored and case-sensitive', async () => {
      const { gateway, answeredBy } = await gatewayBefore(['logs'], [byIntent('logs', 'log|error', 'logs')]);
      expect(await answeredBy({ intent: 'an error, please', input: 'hi' })).toBe('logs');
      const refused = await gateway.invoke({ intent: 'an ERROR, please', input: 'hi' });
      expect(refused.status).toBe(404);
      expect(await refused.json()).toMatchObject({ code: 'route-unmatched' });
    });

    it('lets the named agent decide when both are given', async () => {
      const { answeredBy, gateway } = await gatewayBefore(
        ['named', 'matched'],
        [byAgent('named', ['named'], 1), byIntent('rule', '.', 'matched', 99)],
      );
      expect(await answeredBy({ agent: 'named', intent: 'anything', input: 'hi' })).toBe('named');
      const unknown = await gateway.invoke({ agent: 'nobody', intent: 'anything', input: 'hi' });
      expect(unknown.status).toBe(404);
      expect(await unknown.json()).toMatchObject({ code: 'agent-unknown' });
    });

    it('lets the backends of a rule override the named agent', async () => {
      const { answeredBy } = await gatewayBefore(
        ['old', 'new', 'other'],
        [byAgent('old', ['other'], 1), { ...byAgent('old', ['new'], 2), name: 'move' }],
      );
      expect(await answeredBy({ agent: 'old', input: 'hi' })).toBe('new');
    });

    it('reaches an agent by name that is only a backend of an intent rule, but not one that no route names', async () => {
      const { answeredBy, gateway } = await gatewayBefore(['logs', 'hidden'], [byIntent('logs', 'log', 'logs')]);
      expect(await answeredBy({ agent: 'logs', input: 'hi' })).toBe('logs');
      expect((await gateway.invoke({ agent: 'hidden', input: 'hi' })).status).toBe(404);
    });

    it('answers at once for a pattern and an intent that make a backtracking engine hang', async () => {
      const { gateway, answeredBy } = await gatewayBefore(['logs'], [byIntent('evil', '^(a+)+$', 'logs')]);
      const hostile = `${'a'.repeat(9_999)}!`;
      expect((await gateway.invoke({ intent: hostile, input: 'hi' })).status).toBe(404);
      expect(await answeredBy({ intent: 'a'.repeat(9_999), input: 'hi' })).toBe('logs');
    });
  });

  describe('answers of the agent', () => {
    it('passes problem documents on with their status', async () => {
      const problem = {
        type: 'urn:agentyard:problem:model-failed',
        title: 'The model provider failed',
        status: 502,
        code: 'model-failed',
      };
      const { ask } = await gatewayBeforeAgent((_request, response) =>
        answerJson(response, 502, problem, 'application/problem+json'),
      );
      const answer = await ask();
      expect(answer.status).toBe(502);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(await answer.json()).toEqual(problem);
    });

    it.each([1, 5_000])('passes the bytes of JSON on as they are, with a text %d times', async (times) => {
      const text = `{ "output":  "${'\\u00e9 \\"ü\\" '.repeat(times)}",\n"unknown": [1.0] }`;
      const { ask } = await gatewayBeforeAgent((_request, response) => {
        response.setHeader('content-type', 'application/json; charset=utf-8');
        response.end(text);
      });
      const answer = await ask();
      expect(await answer.text()).toBe(text);
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    });

    it.each<[string, Answer]>([
      ['is not JSON by its type', (_request, response) => void response.end('<html>')],
      [
        'is not JSON by its body',
        (_request, response) => void response.setHeader('content-type', 'application/json').end('{"output"'),
      ],
      [
        'is not JSON by its large body',
        (_request, response) => {
          response.setHeader('content-type', 'application/json');
          response.end(`{"output":"${'a line\n'.repeat(5_000)}"}`);
        },
      ],
      [
        'redirects',
        (_request, response) =>
          void response.writeHead(302, { 'content-type': 'application/json', location: 'http://127.0.0.1/' }).end('{}'),
      ],
      [
        'breaks off',
        (_request, response) => {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
          response.write('{"output":', () => response.destroy());
        },
      ],
      ['never begins', (_request, response) => void response.destroy()],
    ])('answers 502 when an answer %s', async (_case, answer) => {
      const { ask, server } = await gatewayBeforeAgent(answer);
      const refused = await ask();
      expect(refused.status).toBe(502);
      expect(refused.headers.get('content-type')).toBe('application/problem+json');
      expect(await refused.json()).toMatchObject({ code: 'agent-failed' });
      expect(server.requests).toHaveLength(1);
    });

    it.each<[string, Answer]>([
      ['the head', () => undefined],
      [
        'the rest',
        (_request, response) =>
          void response.writeHead(200, { 'content-type': 'application/json' }).write('{"output":'),
      ],
    ])('answers 504 when %s of an answer does not come in time', async (_case, answer) => {
      const { ask, gateway } = await gatewayBeforeAgent(answer, { timeoutMs: 50 });
      const refused = await ask();
      expect(refused.status).toBe(504);
      expect(await refused.json()).toMatchObject({ code: 'agent-timeout' });
      expect(await outcomeLine(gateway)).toMatchObject({
        problem: 'agent-timeout',
        agent: 'support',
      });
    });
  });
});
