import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { executeResponse, TIME_LEFT_HEADER } from 'agentyard/contract';
import { audienceOf, subjectOf } from '../../runtime-kit/test/identity-fixture.js';
import { eventually } from '../../runtime-kit/test/test-resources.js';
import { RuntimeProcess } from './runtime-process.js';
import { processesOf, SandboxFixture } from './sandbox-fixture.js';

const MODULE = `
import { existsSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
export async function greet({ name }) { return 'Hello ' + name; }
export async function add({ a, b }) { return { sum: a + b }; }
export async function picture() { return { content: [{ type: 'image', data: 'AA==', mimeType: 'image/png' }] }; }
export async function noted() { return { content: [{ type: 'text', text: 'x' }], _meta: { 'example.com/page': 2 } }; }
export async function forge() {
  const nested = '['.repeat(90000) + ']'.repeat(90000);
  const bytes = Buffer.from('{"status":"returned","type":"object","value":{"content":[],"_meta":{"a":' + nested + '}}}\\n');
  for (let written = 0; written < bytes.length; ) written += writeSync(3, bytes, written);
  await sleep(10000);
}
export async function fail() { throw new Error('no such index'); }
export async function spin() { for (;;); }
export async function exit() { process.exit(3); }
export async function flood() { process.stdout.write('x'.repeat(300_000)); return 'done'; }
export async function search({ limit }) { return 'found ' + limit; }
export async function hold(_, { data }) { while (!existsSync(data.logs + '/release')) await sleep(5); return 'held'; }
`;

const number = { type: 'number' } as const;
const FILE = 'tools.mjs';
const TOOLS = [
  {
    name: 'greet',
    module: FILE,
    allowedRoles: ['reader'],
    inputSchema: {
      type: 'object' as const,
      properties: { name: { type: 'string', minLength: 1 } },
      required: ['name'],
      additionalProperties: false,
    },
  },
  {
    name: 'add',
    module: FILE,
    outputSchema: { type: 'object' as const, properties: { sum: number }, required: ['sum'] },
  },
  { name: 'search', module: FILE, argumentRules: [{ role: '*', expression: 'args.limit <= 1000' }] },
  ...['picture', 'noted', 'forge', 'fail', 'spin', 'exit', 'flood', 'hold'].map((name) => ({ name, module: FILE })),
];

const BENCH = audienceOf('bench');

/** A toolset that an agent may call for its users, and `tester` for itself. */
async function bench(limits: object = {}): Promise<SandboxFixture> {
  const sandbox = await SandboxFixture.create();
  const { gateway, trustBundleDirectory } = sandbox.identity;
  const tools = TOOLS.map(({ name }) => name);
  await sandbox.write(
    { modules: { [FILE]: MODULE }, tools: TOOLS },
    {
      identity: {
        audience: BENCH,
        trustBundleDirectory,
        callers: [
          { name: 'tester', subject: subjectOf('tester'), tools, ownTools: tools },
          { name: 'guide', subject: subjectOf('guide'), claimIssuers: [gateway.issuer], tools },
        ],
      },
      limits: { timeoutMs: 10_000, outputBytes: 200_000, ...limits },
      maxBodyBytes: 20_000,
    },
  );
  return sandbox;
}

/** What a sandbox answers to `POST /execute`. */
async function execute(address: string, body: unknown, headers: Record<string, string>, signal?: AbortSignal) {
  const response = await fetch(`${address}/execute`, {
    method: 'POST',
    // A server that ends waits for connections that are kept.
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal !== undefined && { signal }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, answer };
}

describe('POST /execute', () => {
  let sandbox: SandboxFixture;

  beforeAll(async () => {
    sandbox = await bench({ maxConcurrency: 1, maxQueue: 0 });
    expect(await sandbox.start()).toEqual({ ready: true, reasons: [] });
  });

  afterAll(() => sandbox.close());

  const ask = async (body: unknown, headers?: Record<string, string>) =>
    execute(sandbox.address, body, headers ?? (await sandbox.headers()));

  it.each<[string, string, object | undefined, object]>([
    ['text', 'greet', { name: 'Ada' }, { content: [{ type: 'text', text: 'Hello Ada' }] }],
    ['what its output schema says', 'add', { a: 2, b: 3 }, { structuredContent: { sum: 5 } }],
    ['MCP content', 'picture', undefined, { content: [{ type: 'image', data: 'AA==', mimeType: 'image/png' }] }],
    ['what MCP has beside it', 'noted', undefined, { _meta: { 'example.com/page': 2 } }],
  ])('answers with the result of a tool: %s', async (_, tool, input, result) => {
    const { status, headers, answer } = await ask({ tool, ...(input && { arguments: input }) });
    expect(status).toBe(200);
    expect(executeResponse.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ tool, outcome: 'ok', isError: false, ...result });
    expect(answer.requestId).toBe(headers.get('x-request-id'));
  });

  it.each([
    ['an error of its own', 'fail', 'tool-error', 'The tool failed: no such index'],
    ['the end of its process', 'exit', 'crashed', 'exited with code 3'],
    ['a result that nobody can write', 'forge', 'crashed', 'its result is nested too deeply'],
    ['more output than it may have', 'flood', 'output', 'output limit of 200000 bytes'],
  ])('says how a tool has ended: %s', async (_, tool, outcome, text) => {
    const { status, answer } = await ask({ tool });
    expect(status).toBe(200);
    expect(executeResponse.parse(answer)).toMatchObject({ outcome, isError: true });
    expect(answer.content).toEqual([{ type: 'text', text: expect.stringContaining(text) }]);
  });

  it('ends a tool when its caller does not wait any longer', async () => {
    const headers = { ...(await sandbox.headers()), [TIME_LEFT_HEADER]: '300' };
    const { status, answer } = await ask({ tool: 'spin' }, headers);
    expect([status, answer.outcome, answer.isError]).toEqual([200, 'timeout', true]);
  });

  it.each<[string, unknown, number, string, string]>([
    [
      'arguments that do not fit',
      { tool: 'greet', arguments: { nam: 1 } },
      400,
      'request-invalid',
      '/name: is required',
    ],
    [
      'arguments that nobody may give',
      { tool: 'search', arguments: { limit: 1001 } },
      403,
      'arguments-refused',
      '(cel)',
    ],
    ['a tool that there is not', { tool: 'absent' }, 404, 'tool-unknown', 'absent'],
    ['a member that there is not', { tool: 'add', args: {} }, 400, 'request-invalid', '$.args'],
    ['arguments that are a list', { tool: 'add', arguments: [] }, 400, 'request-invalid', '$.arguments'],
    ['what is no JSON', '{"tool":', 400, 'request-malformed', 'JSON'],
    [
      'more than it takes',
      { tool: 'greet', arguments: { name: 'x'.repeat(20_000) } },
      413,
      'request-too-large',
      '20000',
    ],
  ])('runs nothing for %s', async (_, body, status, code, text) => {
    const { status: answered, answer } = await ask(body);
    expect([answered, answer.code]).toEqual([status, code]);
    expect(JSON.stringify(answer).replaceAll('\\"', '"')).toContain(text);
  });

  it('is for callers with a token alone, and for no browser', async () => {
    expect(await ask({ tool: 'add' }, {})).toMatchObject({ status: 401, answer: { code: 'auth-missing' } });
    const headers = { ...(await sandbox.headers()), origin: 'https://evil.example' };
    expect(await ask({ tool: 'add' }, headers)).toMatchObject({ status: 403, answer: { code: 'origin-refused' } });
    const get = await fetch(`${sandbox.address}/execute`, { headers: await sandbox.headers() });
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('calls for a user what one of the user’s roles allows', async () => {
    const claimOf = (roles: string[]) => sandbox.identity.gateway.claim('guide', [BENCH], { roles });
    const call = { tool: 'greet', arguments: { name: 'Ada' } };
    expect(await ask(call, await sandbox.headers('guide', await claimOf(['reader'])))).toMatchObject({ status: 200 });
    const refused = await ask(call, await sandbox.headers('guide', await claimOf(['writer'])));
    expect(refused).toMatchObject({ status: 404, answer: { code: 'tool-unknown' } });
    expect(await ask(call, await sandbox.headers('guide'))).toMatchObject({ status: 404 });
  });

  it('starts no more than may run, and says when to try again', async () => {
    const held = ask({ tool: 'hold' });
    await eventually(async () => (await sandbox.scratchFolders()).length === 1);
    const { status, headers, answer } = await ask({ tool: 'add', arguments: { a: 1, b: 1 } });
    expect([status, headers.get('retry-after'), answer.code]).toEqual([503, '1', 'overloaded']);
    await writeFile(path.join(sandbox.root, 'logs/release'), '');
    expect((await held).answer).toMatchObject({ outcome: 'ok', content: [{ text: 'held' }] });
  });
});

it('POST /execute runs nothing while the code is not the declared one', async () => {
  const sandbox = await SandboxFixture.create();
  try {
    const tools = [{ name: 'greet', module: FILE, sha256: '0'.repeat(64) }];
    await sandbox.write({ modules: { [FILE]: MODULE }, tools });
    expect(await sandbox.start()).toMatchObject({ ready: false });
    const { status, headers, answer } = await execute(sandbox.address, { tool: 'greet' }, await sandbox.headers());
    expect([status, headers.get('retry-after'), answer.code]).toEqual([503, '1', 'toolset-not-ready']);
    expect(answer.detail).toContain('is not the declared file');
  } finally {
    await sandbox.close();
  }
});

describe('a call of POST /execute', () => {
  let sandbox: SandboxFixture;
  let runtime: RuntimeProcess;

  beforeAll(async () => {
    sandbox = await bench({ warmProcesses: 0 });
    runtime = new RuntimeProcess(sandbox);
    await runtime.connect();
  });

  afterAll(async () => {
    await runtime.stop('SIGKILL');
    await sandbox.close();
  });

  const audited = (tool: string) =>
    eventually(() => runtime.lines.find((line) => line.event === 'tool-call' && line.tool === tool));

  it('has its line: who, for whom, which tool, whether it was allowed and how it went', async () => {
    const claim = await sandbox.identity.gateway.claim('guide', [BENCH], { roles: ['reader'] });
    const headers = await sandbox.headers('guide', claim);
    const call = { tool: 'greet', arguments: { name: 'secret-name' } };
    const { answer } = await execute(await runtime.address(), call, headers);
    const { requestId } = answer;
    const who = { type: 'audit', method: 'execute', caller: 'guide', user: 'ada' };
    const done = { decision: 'allowed', outcome: 'ok', isError: false, duration_ms: answer.durationMs };
    expect(await audited('greet')).toMatchObject({ ...who, ...done, requestId });
    await execute(await runtime.address(), { tool: 'absent' }, headers);
    const denied = { decision: 'denied', outcome: 'refused', reason: 'tool-unknown' };
    expect(await audited('absent')).toMatchObject({ ...who, ...denied });
    expect(JSON.stringify(runtime.lines)).not.toContain('secret-name');
  });

  it('ends with its caller, and leaves no process', async () => {
    const leaving = new AbortController();
    const asked = execute(await runtime.address(), { tool: 'hold' }, await sandbox.headers(), leaving.signal);
    const left = expect(asked).rejects.toThrow('aborted');
    await eventually(async () => (await sandbox.scratchFolders()).length === 1);
    leaving.abort();
    await left;
    expect(await audited('hold')).toMatchObject({ outcome: 'cancelled' });
    await eventually(async () => (await sandbox.scratchFolders()).length === 0);
    // The runtime itself.
    expect(await processesOf(sandbox.root)).toHaveLength(1);
  });
});
