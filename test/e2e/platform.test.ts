import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LocalPlatform } from '@agentyard/cli';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Chart, Duration, Size } from 'cdk8s';
import OpenAI from 'openai';
import {
  Agent,
  ApiKeys,
  Auth,
  Credentials,
  DataSource,
  Entry,
  McpGateway,
  Model,
  Prompt,
  Role,
  RouteMatch,
  Toolset,
  ToolSource,
  VolumeSource,
} from 'agentyard';
import { invokeResponse, parseValue, streamEvent, type InvokeResponse, type Problem } from 'agentyard/contract';
import { A2aClient, answerOf, seenIn, stateOf } from '../../agent-runtime/test/a2a-client';
import { LocalProgram } from './local-program';

const ROOT = path.join(__dirname, '../..');
const claim = (name: string) => VolumeSource.fromPersistentVolumeClaimName(name);

/** Architecture A in small, with a second toolset that misbehaves and an agent whose Secret is missing. */
function platformProgram(program: LocalProgram): void {
  program.synth((app) => {
    const agents = new Chart(app, 'agents', { namespace: 'agents' });
    const front = new Chart(app, 'front', { namespace: 'front' });
    const logs = new Toolset(agents, 'log-analysis', {
      source: ToolSource.fromDirectory(path.join(ROOT, 'examples/log-analysis/tools')),
      allowedRoles: [Role.anyCaller()],
      data: [
        DataSource.volume('platform-logs', claim('platform-logs')),
        DataSource.volume('user-logs', claim('user-logs')),
      ],
    });
    const hostile = new Toolset(agents, 'hostile', {
      source: ToolSource.fromDirectory(path.join(ROOT, 'test/fixtures/hostile-tools')),
      allowedRoles: [Role.anyCaller()],
      timeout: Duration.seconds(4),
      memoryLimit: Size.mebibytes(120),
      allowSubprocesses: true,
    });
    const support = new Agent(agents, 'support', {
      description: 'Finds lines of logs.',
      prompt: Prompt.fromText('You read logs.'),
      model: Model.scripted([
        { when: 'throw', calls: [{ tool: 'throw_error' }], say: 'The tool says: {{result}}' },
        {
          calls: [{ tool: 'log_store', input: { operation: 'search', source: 'user-logs', text: '{{input}}' } }],
          say: 'Found {{result.matches}}: {{result.lines[0].text}}',
        },
      ]),
      tools: [logs, hostile.tool('throw_error')],
    });
    const greeter = new Agent(agents, 'greeter', {
      prompt: Prompt.fromText('You greet.'),
      model: Model.scripted([{ say: 'Hello, {{input}}' }]),
    });
    const locked = new Agent(agents, 'locked', {
      prompt: Prompt.fromText('You wait for a key.'),
      model: Model.openai('gpt-5-mini', { credentials: Credentials.fromSecretName('not-there') }),
    });
    const gateway = new McpGateway(front, 'gateway', {
      auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-keys')),
      entries: [Entry.fromCidr('127.0.0.1/32')],
      tools: [logs, hostile],
      agentTools: [support],
      maxBodySize: Size.kibibytes(64),
    });
    for (const agent of [support, greeter, locked])
      gateway.addRoute(agent.node.id, { match: RouteMatch.agent(agent), priority: 10 });
    gateway.addRoute('logs', {
      match: RouteMatch.intent('(?i)log|error'),
      priority: 5,
      backends: [{ agent: support }],
    });
    gateway.addRoute('hello', { match: RouteMatch.intent('^hello'), priority: 1, backends: [{ agent: greeter }] });
  });
}

/** Whether a process runs; one that has ended and was not collected yet does not. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a platform as agentyard dev starts it', () => {
  const program = new LocalProgram();
  let platform: LocalPlatform;
  let userLogs: string;

  beforeAll(async () => {
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    userLogs = mkdtempSync(path.join(tmpdir(), 'user-logs-'));
    writeFileSync(path.join(userLogs, 'shop.log'), '2026-11-20T10:00:00Z ERROR payment failed\n');
    platformProgram(program);
    jest.restoreAllMocks();
    platform = await program.start({ mounts: { 'platform-logs': '@logs', 'user-logs': userLogs } });
  });
  afterAll(async () => {
    await program.end();
    rmSync(userLogs, { recursive: true, force: true });
  });

  const invoke = async (body: object): Promise<InvokeResponse> => {
    const response = await program.post('/v1/invoke', body);
    const answer: unknown = await response.json();
    expect([response.status, answer]).toEqual([200, expect.anything()]);
    return parseValue(invokeResponse, answer, 'response');
  };

  describe('POST /v1/invoke', () => {
    it('asks an agent by name, which calls a tool in its sandbox over a file that really is there', async () => {
      appendFileSync(path.join(userLogs, 'shop.log'), '2026-11-20T10:00:01Z WARN stock is low\n');
      const answer = await invoke({ agent: 'support', input: 'STOCK' });
      expect(answer).toMatchObject({
        agent: 'support',
        output: 'Found 1: 2026-11-20T10:00:01Z WARN stock is low',
        stopReason: 'completed',
        turns: 2,
        toolCalls: [
          {
            toolset: 'log-analysis',
            tool: 'log_store',
            isError: false,
            input: { operation: 'search', source: 'user-logs', text: 'STOCK' },
          },
        ],
      });
    });

    it.each([
      ['show me the LOGS', 'support'],
      ['hello there', 'greeter'],
      ['hello, any error?', 'support'],
    ])('routes the intent %j to %s', async (intent, agent) => {
      expect((await invoke({ intent, input: 'payment' })).agent).toBe(agent);
    });

    it('streams the same as events', async () => {
      const response = await program.post(
        '/v1/invoke',
        { agent: 'support', input: 'payment' },
        { accept: 'text/event-stream' },
      );
      expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
      const events = (await response.text())
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .map((line) => parseValue(streamEvent, JSON.parse(line.slice(6)), 'event'));
      const last = events.at(-1);
      const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
      expect(new Set(events.map((event) => event.type))).toEqual(
        new Set(['started', 'turn-started', 'tool-started', 'tool-finished', 'text-delta', 'completed']),
      );
      expect(last).toMatchObject({ type: 'completed', response: { output: text, toolCalls: [{ tool: 'log_store' }] } });
    });

    it('gives the model the error of a tool that throws', async () => {
      const answer = await invoke({ agent: 'support', input: 'throw' });
      expect(answer.output).toContain('no such order');
      expect(answer.toolCalls).toMatchObject([{ tool: 'throw_error', isError: true }]);
    });

    it('serves many at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => invoke({ agent: 'greeter', input: `n${i}` })),
      );
      expect(answers.map((answer) => answer.output)).toEqual(Array.from({ length: 20 }, (_, i) => `Hello, n${i}`));
    });
  });

  describe('/v1/chat/completions, with the official client of OpenAI', () => {
    const question = { role: 'user', content: 'payment' } as const;
    let client: OpenAI;

    beforeAll(() => {
      client = new OpenAI({ baseURL: `${program.gateway.url}/v1`, apiKey: program.gateway.key, maxRetries: 0 });
    });

    it('asks an agent, which calls its own tools, and says what it has used', async () => {
      const answer = await client.chat.completions.create({ model: 'support', messages: [question] });
      const [choice] = answer.choices;
      expect(choice).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
      expect(choice?.message.content).toContain('ERROR payment failed');
      expect(choice?.message).not.toHaveProperty('tool_calls');
      expect(answer.usage?.total_tokens).toBeGreaterThan(0);
    });

    it('goes on with a conversation, as a stream with its usage', async () => {
      const messages = [
        { role: 'system', content: 'Be kind.' } as const,
        { role: 'user', content: 'Who?' } as const,
        { role: 'assistant', content: 'A greeter.' } as const,
        { role: 'user', content: 'Ada' } as const,
      ];
      const runner = client.chat.completions.stream({
        model: 'greeter',
        messages,
        stream_options: { include_usage: true },
      });
      const pieces: string[] = [];
      runner.on('content', (piece) => pieces.push(piece));
      const { choices, model } = await runner.finalChatCompletion();
      expect([model, choices[0]?.message.content, pieces.join('')]).toEqual(['greeter', 'Hello, Ada', 'Hello, Ada']);
      expect(pieces.length).toBeGreaterThan(1);
      expect((await runner.totalUsage()).completion_tokens).toBeGreaterThan(0);
    });

    it('lists the agents as models', async () => {
      const { data } = await client.models.list();
      expect(data.map(({ id }) => id).sort()).toEqual(['greeter', 'locked', 'support']);
    });

    it('tells what is wrong as OpenAI does', async () => {
      const chat = (body: object) =>
        client.chat.completions.create({ model: 'greeter', messages: [question], ...body }).catch((e: unknown) => e);
      expect(await chat({ model: 'nobody' })).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
      expect(await chat({ n: 2 })).toMatchObject({ status: 400, code: 'request-invalid', param: 'n' });
      expect(await chat({ model: 'locked' })).toMatchObject({ status: 503, code: 'agent-unavailable' });
    });
  });

  describe('A2A, with the official client', () => {
    const connect = () => {
      const headers = { authorization: `Bearer ${program.gateway.key}` };
      return A2aClient.connect(`${program.gateway.url}/a2a/support`, headers, '1.0');
    };

    it('asks an agent, which calls a tool in its sandbox, and gets its task again', async () => {
      const client = await connect();
      const task = await client.send('payment');
      expect([stateOf(task), answerOf(task)]).toEqual([
        'TASK_STATE_COMPLETED',
        expect.stringMatching(/^Found 1: .*payment/),
      ]);
      expect(answerOf(await client.get(task.id))).toBe(answerOf(task));
    });

    it('streams the same', async () => {
      const { text, states } = await seenIn((await connect()).stream('payment'));
      expect(text).toMatch(/^Found 1: .*payment/);
      expect(states).toEqual(['TASK_STATE_WORKING', 'TASK_STATE_COMPLETED']);
    });
  });

  describe('bad requests get a problem document', () => {
    it.each<[string, number, string, string | object, Record<string, string>]>([
      ['bad JSON', 400, 'request-malformed', '{"agent":', {}],
      ['an unknown key', 400, 'request-invalid', { agent: 'support', input: 'x', temperature: 1 }, {}],
      ['neither agent nor intent', 400, 'request-invalid', { input: 'x' }, {}],
      ['another media type', 415, 'media-type-unsupported', 'hello', { 'content-type': 'text/plain' }],
      [
        'a wrong key',
        401,
        'auth-invalid',
        { agent: 'support', input: 'x' },
        { authorization: `Bearer ay_abcdefgh_${'A'.repeat(43)}` },
      ],
      ['no key', 401, 'auth-missing', { agent: 'support', input: 'x' }, { authorization: '' }],
      ['a foreign origin', 403, 'origin-refused', { agent: 'support', input: 'x' }, { origin: 'https://evil.example' }],
      ['an unknown agent', 404, 'agent-unknown', { agent: 'nobody', input: 'x' }, {}],
      ['no matching rule', 404, 'route-unmatched', { intent: 'weather', input: 'x' }, {}],
      ['an oversized body', 413, 'request-too-large', { agent: 'support', input: 'x'.repeat(70_000) }, {}],
      ['an agent that is down', 503, 'agent-unavailable', { agent: 'locked', input: 'x' }, {}],
    ])('%s: %i %s', async (_, status, code, body, headers) => {
      const response = await program.post('/v1/invoke', body, headers);
      const problem = (await response.json()) as Problem;
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(problem).toMatchObject({
        status,
        code,
        type: `urn:agentyard:problem:${code}`,
        requestId: response.headers.get('x-request-id'),
      });
      expect(response.status).toBe(status);
    });

    it('an unknown path and a wrong method', async () => {
      expect((await program.post('/v2/invoke', {})).status).toBe(404);
      const response = await fetch(`${program.gateway.url}/v1/invoke`, {
        headers: { authorization: `Bearer ${program.gateway.key}` },
      });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    });
  });

  describe('/mcp, with the official client', () => {
    let client: Client;

    beforeAll(async () => {
      client = new Client({ name: 'test', version: '1.0.0' });
      const headers = { authorization: `Bearer ${program.gateway.key}` };
      await client.connect(
        new StreamableHTTPClientTransport(new URL(`${program.gateway.url}/mcp`), { requestInit: { headers } }),
      );
    });
    afterAll(() => client.close());

    const call = async (name: string, args: Record<string, unknown> = {}) => {
      const result = await client.callTool({ name, arguments: args });
      const content = result.content as { type: string; text?: string }[];
      return {
        isError: result.isError ?? false,
        text: content.map((part) => part.text ?? '').join(''),
        structured: result.structuredContent,
      };
    };
    const works = async () =>
      expect(await call('privacy', { operation: 'mask', text: 'to a@example.com' })).toMatchObject({ isError: false });

    it('lists the tools of all toolsets with their schemas', async () => {
      const { tools } = await client.listTools();
      expect(tools.map((tool) => tool.name)).toEqual([
        'support',
        'log_store',
        'privacy',
        'throw_error',
        'hang',
        'flood',
        'hog',
        'leave_daemon',
        'environment',
      ]);
      expect(tools[0]).toMatchObject({
        description: 'Finds lines of logs.',
        inputSchema: { required: ['input'] },
      });
      expect(tools[1]).toMatchObject({
        title: 'Log store',
        inputSchema: { required: ['operation'] },
        annotations: { readOnlyHint: true },
      });
    });

    it('calls a tool, which reads the platform’s own logs', async () => {
      const result = await call('log_store', { operation: 'search', source: 'platform-logs', text: 'listening' });
      expect(result.isError).toBe(false);
      expect((result.structured as { matches: number }).matches).toBeGreaterThanOrEqual(4);
    });

    it('hands a task to an agent, which tells of its progress and answers', async () => {
      const told: string[] = [];
      const result = await client.callTool(
        { name: 'support', arguments: { input: 'payment' } },
        { onprogress: ({ message = '' }) => void told.push(message) },
      );
      const found = 'Found 1: 2026-11-20T10:00:00Z ERROR payment failed';
      expect(result).toMatchObject({
        content: [{ type: 'text', text: found }],
        structuredContent: { agent: 'support', output: found, stopReason: 'completed', turns: 2 },
        isError: false,
      });
      const steps = ['Turn 1', 'Calls log_store of log-analysis', 'log_store of log-analysis has answered', 'Turn 2'];
      expect(told.slice(0, 4)).toEqual(steps);
      expect(told.slice(4).join('')).toBe(found);
    });

    it('refuses arguments that do not fit the schema, before any code runs', async () => {
      const result = await call('log_store', { operation: 'delete', extra: 1 });
      expect(result).toMatchObject({
        isError: true,
        text: expect.stringMatching(/operation[^]*extra|extra[^]*operation/),
      });
    });

    it('refuses a tool that is not there', async () => {
      await expect(client.callTool({ name: 'nope', arguments: {} })).rejects.toThrow(/nope/);
    });

    it('lets tools see nothing of the environment but what every process needs', async () => {
      const names = (await call('environment')).text.split(' ');
      expect(names.filter((name) => /AGENTYARD_(?!CALL)|KEY|TOKEN|SECRET|NODE_OPTIONS|USER/.test(name))).toEqual([]);
    });

    it.each([
      ['throw_error', /no such order/],
      ['hang', /4000 ms|4 s/],
      ['flood', /output/],
      ['hog', /memory/],
    ])('answers %s with an error, and serves the next call', async (tool, message) => {
      expect(await call(tool)).toMatchObject({ isError: true, text: expect.stringMatching(message) });
      await works();
    });

    it('leaves no process of a call behind', async () => {
      const { text } = await call('leave_daemon');
      expect(text).toMatch(/^\d+$/);
      while (runs(Number(text))) await new Promise((resolve) => setTimeout(resolve, 10));
      await works();
    });
  });

  it('says what it does not enforce, and which agent lacks its Secret', () => {
    expect(platform.notEnforced.join('\n')).toMatch(/NetworkPolic/);
    expect(platform.notStarted.map(({ workload }) => workload.name)).toEqual(['locked']);
    expect(platform.notStarted[0]?.reasons.join('\n')).toContain('not-there');
  });

  it('logs no key, prompt or question', () => {
    const text = readdirSync(platform.logsDirectory)
      .map((file) => readFileSync(path.join(platform.logsDirectory, file), 'utf8'))
      .join('\n');
    expect(text).toContain('"event":"request"');
    for (const secret of [program.gateway.key ?? '-', 'You read logs.', 'STOCK', 'a@example.com'])
      expect(text).not.toContain(secret);
  });
});
