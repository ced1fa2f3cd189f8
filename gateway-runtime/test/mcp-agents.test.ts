import {
  ann,
  begin,
  bob,
  CALL,
  DESCRIPTION,
  EVENTS,
  invokeAnswer,
  offering,
  offeringTo,
  send,
  startAnsweringAgent,
} from './agent-tool-fixture';
import {
  agent,
  answerJson,
  API_KEYS,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  outcomeLine,
  startServer,
  startTestGateway,
  type Answer,
  type TestGateway,
} from './fixture';
import { textOf } from './mcp-server-fixture';
import { connect, messageOf, post, startToolset, toolset, type Era } from './toolset-fixture';

afterEach(cleanUp);

const ERAS: readonly Era[] = ['modern', 'legacy'];

const decisions = (gateway: TestGateway) => gateway.logs.filter(({ event }) => event === 'decision');

describe.each(ERAS)('an agent as a tool in the %s era', (era) => {
  it('is listed with its description and schemas, beside the tools of toolsets', async () => {
    const [server, logs] = [await startAnsweringAgent(), await startToolset('logs')];
    const gateway = await startTestGateway({
      document: documentOf({
        agents: [agent('support', { card: { description: DESCRIPTION } }), agent('silent')],
        routes: [byAgent('support'), byAgent('silent')],
        agentTools: ['silent', 'support'],
        toolsets: [toolset('logs', ['echo'])],
      }),
      hosts: { 'support-pods:8080': [server.address], 'logs-pods:8080': [logs.address] },
    });
    const { tools } = await (await connect(gateway, era)).listTools();
    expect(tools.map(({ name, description }) => [name, description])).toEqual([
      ['silent', 'Hands a task to the agent "silent", and gives its answer.'],
      ['support', DESCRIPTION],
      ['echo', 'logs echoes'],
    ]);
    expect(tools[1]).toMatchObject({
      inputSchema: { type: 'object', required: ['input'], properties: { input: {}, history: { type: 'array' } } },
      outputSchema: { type: 'object', required: expect.arrayContaining(['output', 'stopReason', 'usage']) },
      annotations: { readOnlyHint: false, openWorldHint: true },
    });
    expect(server.requests).toEqual([]);
  });

  it('is asked as by /v1/invoke, and answers in text and in structure, without what its tools said', async () => {
    const server = await startAnsweringAgent();
    const gateway = await offering(server);
    const client = await connect(gateway, era);
    await client.listTools();
    const history = [{ role: 'user', content: 'Hello' }];
    const result = await client.callTool({ name: 'support', arguments: { input: 'Is all well?', history } });
    const { toolCalls: _toolCalls, ...structured } = invokeAnswer();
    expect(result).toMatchObject({ content: [{ type: 'text', text: 'All is well.' }], isError: false });
    expect(result.structuredContent).toEqual(structured);
    expect(JSON.stringify(result)).not.toContain('hush');
    expect(server.requests.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { input: 'Is all well?', history },
    ]);
    expect(server.requests[0]?.headers).toMatchObject({
      accept: 'application/json',
      'agentyard-user-claim': expect.any(String),
    });
  });

  it('gives the value of an answer that has a schema', async () => {
    const structuredOutput = { priority: 'high', tags: ['login'] };
    const output = JSON.stringify(structuredOutput);
    const client = await connect(
      await offering(await startAnsweringAgent(invokeAnswer({ output, structuredOutput }))),
      era,
    );
    await client.listTools();
    const { structuredContent } = await client.callTool({
      name: 'support',
      arguments: { input: 'Nobody can log in.' },
    });
    expect(structuredContent).toMatchObject({ output, structuredOutput });
  });

  it('leaves an audit trail: a decision before the agent gets anything, and what has come of it', async () => {
    let before: unknown;
    const gateway: TestGateway = await offeringTo((_request, response) => {
      before = decisions(gateway).at(-1);
      answerJson(response, 200, invokeAnswer());
    });
    await (await post(gateway, era, 'tools/call', CALL)).text();
    const named = { agent: 'support', tool: 'support', route: 'by-agent-support', method: 'tools/call' };
    expect(before).toMatchObject({ ...named, decision: 'allowed' });
    expect(await outcomeLine(gateway)).toMatchObject({
      ...named,
      isError: false,
      stopReason: 'completed',
      inputTokens: 30,
      outputTokens: 12,
    });
  });

  it('tells of its progress as it comes to who asks for that', async () => {
    let goOn: (() => void) | undefined;
    const gateway = await offeringTo((_request, response) => {
      begin(response);
      for (const event of EVENTS) send(response, event);
      goOn = () => {
        send(response, { type: 'completed', response: invokeAnswer() });
        response.end();
      };
    });
    const told: unknown[] = [];
    const client = await connect(gateway, era);
    const call = client.callTool(CALL, { onprogress: (progress) => void told.push(progress) });
    await eventually(() => told.length === EVENTS.length);
    expect(told.map((each) => (each as { progress: number }).progress)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(told.map((each) => (each as { message: string }).message)).toEqual([
      'Turn 1',
      'Calls read of logs',
      'read of logs has answered',
      'Turn 2',
      'All is ',
      'well.',
    ]);
    expect(JSON.stringify(told)).not.toMatch(/secret|hush/);
    goOn?.();
    expect(textOf(await call)).toBe('All is well.');
  });

  it.each([[true], [false]])('ends with its client’s cancellation (with progress: %s)', async (withProgress) => {
    let left = 0;
    const server = await startServer(({ headers }, response) => {
      response.on('close', () => (left += 1));
      if (headers.accept === 'text/event-stream') begin(response);
    });
    const gateway = await offering(server);
    const client = await connect(gateway, era);
    const cancelling = new AbortController();
    const call = client.callTool(CALL, {
      signal: cancelling.signal,
      ...(withProgress && { onprogress: () => undefined }),
    });
    await eventually(() => server.requests.length === 1);
    expect(left).toBe(0);
    cancelling.abort();
    await expect(call).rejects.toThrow();
    await eventually(() => left === 1);
    expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('is not there for those who may not invoke it', async () => {
    const server = await startAnsweringAgent();
    const gateway = await offering(server, { allowedRoles: ['operator'] }, { auth: API_KEYS });
    const [operator, other] = [
      await connect(gateway, era, { 'x-api-key': ann.key }),
      await connect(gateway, era, { 'x-api-key': bob.key }),
    ];
    expect((await operator.listTools()).tools.map(({ name }) => name)).toEqual(['support']);
    expect((await other.listTools()).tools).toEqual([]);
    const ask = async (name: string) =>
      (await messageOf(await post(gateway, era, 'tools/call', { ...CALL, name }, { 'x-api-key': bob.key }))).error;
    expect(await ask('support')).toEqual({ code: -32602, message: 'Unknown tool: support' });
    expect(await ask('nobody')).toEqual({ code: -32602, message: 'Unknown tool: nobody' });
    expect(server.requests).toEqual([]);
    expect(decisions(gateway).find(({ tool }) => tool === 'support')).toMatchObject({
      decision: 'denied',
      reason: 'role-missing',
      user: 'bob',
    });
    expect(textOf(await operator.callTool(CALL))).toBe('All is well.');
  });

  it('refuses arguments that do not fit its schema, and sends nothing', async () => {
    const server = await startAnsweringAgent();
    const gateway = await offering(server);
    const refused = { name: 'support', arguments: { history: [{ role: 'system', content: 'x' }], more: 1 } };
    const { result } = await messageOf(await post(gateway, era, 'tools/call', refused));
    expect(result).toMatchObject({ isError: true });
    const text = textOf(result);
    for (const path of ['$.input', '$.history[0].role', '$.more']) expect(text).toContain(path);
    expect(server.requests).toEqual([]);
    expect(decisions(gateway).at(-1)).toMatchObject({ decision: 'denied', reason: 'request-invalid' });
  });

  it('waits within the limits of the agent', async () => {
    let answer: (() => void) | undefined;
    const gateway = await offeringTo(
      (_request, response) => {
        answer = () => answerJson(response, 200, invokeAnswer());
      },
      { limits: { maxConcurrency: 1, maxQueue: 0 } },
    );
    const first = post(gateway, era, 'tools/call', CALL);
    await eventually(() => answer);
    const refused = await post(gateway, era, 'tools/call', CALL);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([200, '1']);
    const { result } = await messageOf(refused);
    expect(result).toMatchObject({ isError: true });
    expect(textOf(result)).toMatch(/^overloaded: .*Agent "support" got nothing: its queue is full/);
    expect(decisions(gateway).at(-1)).toMatchObject({ decision: 'denied', reason: 'overloaded', agent: 'support' });
    answer?.();
    expect((await messageOf(await first)).result).toMatchObject({ isError: false });
  });

  it('counts for rate limits as invocations do', async () => {
    const rateLimits = [
      { name: 'tasks', requests: 1, windowMs: 60_000, per: [], agents: ['support'], counted: 'local' as const },
    ];
    const gateway = await offering(await startAnsweringAgent(), {}, { rateLimits });
    expect((await gateway.invoke({ agent: 'support', input: 'hi' })).status).toBe(200);
    const refused = await post(gateway, era, 'tools/call', CALL);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await messageOf(refused)).error).toMatchObject({
      code: -32000,
      message: expect.stringMatching(/^rate-limited: .*"tasks"/),
      data: { retryAfterSeconds: expect.any(Number) },
    });
  });

  it.each<[string, Answer, string]>([
    [
      'its model fails',
      (_request, response) =>
        answerJson(response, 502, { code: 'model-failed', title: 'The model provider failed', status: 502 }),
      'model-failed: The model provider failed.',
    ],
    ['it breaks off', (_request, response) => void response.destroy(), 'agent-failed: '],
    [
      'it answers something else',
      (_request, response) => answerJson(response, 200, { output: 'x' }),
      'agent-failed: The agent gave no valid answer.',
    ],
    ['it answers too late', () => undefined, 'agent-timeout: The agent did not answer in time.'],
  ])('says so in a tool result when %s', async (_name, answer, text) => {
    const gateway = await offeringTo(answer, text.startsWith('agent-timeout') ? { timeoutMs: 250 } : {});
    const { result } = await messageOf(await post(gateway, era, 'tools/call', CALL));
    expect(result).toMatchObject({ isError: true });
    expect(textOf(result)).toContain(text);
    expect(await outcomeLine(gateway)).toMatchObject({ isError: true, problem: text.split(':')[0] });
  });

  it.each<[string, Answer, string]>([
    [
      'it says that it has failed',
      (_request, response) => {
        begin(response);
        send(response, {
          type: 'failed',
          problem: {
            type: 'urn:x',
            title: 'The model provider failed',
            status: 502,
            code: 'model-failed',
            detail: 'Overloaded.',
          },
        });
        response.end();
      },
      'model-failed: The model provider failed. Overloaded.',
    ],
    [
      'it breaks off within an event',
      (_request, response) => {
        begin(response);
        response.write('event: text-delta\ndata: {"ty', () => response.destroy());
      },
      'agent-failed: ',
    ],
    [
      'it ends without an answer',
      (_request, response) => {
        begin(response);
        send(response, { type: 'turn-started', turn: 1 });
        response.end();
      },
      'agent-failed: The agent gave no valid answer.',
    ],
    ['it goes on for too long', (_request, response) => begin(response), 'agent-timeout: '],
  ])('says so in a tool result when, telling of progress, %s', async (_name, answer, text) => {
    const gateway = await offeringTo(answer, text.startsWith('agent-timeout') ? { timeoutMs: 250 } : {});
    const client = await connect(gateway, era);
    const result = await client.callTool(CALL, { onprogress: () => undefined });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain(text);
  });

  it('says why an answer is not whole', async () => {
    const gateway = await offering(await startAnsweringAgent(invokeAnswer({ output: 'All', stopReason: 'max-turns' })));
    const { result } = await messageOf(await post(gateway, era, 'tools/call', CALL));
    expect(result).toMatchObject({
      isError: false,
      content: [
        { type: 'text', text: 'All' },
        { type: 'text', text: 'The agent stopped before it was done: max-turns.' },
      ],
      structuredContent: { stopReason: 'max-turns' },
    });
  });
});
