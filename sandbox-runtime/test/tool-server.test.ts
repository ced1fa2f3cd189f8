import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { USER_CLAIM_HEADER, type ToolsetDocumentInput } from 'agentyard/contract';
import { eventually } from '../../runtime-kit/test/test-resources.js';
import { RuntimeProcess } from './runtime-process.js';
import { processesOf, SandboxFixture, textOf } from './sandbox-fixture.js';

const SERVER = path.join(__dirname, 'stdio-server/server.mjs');
type Tool = Omit<ToolsetDocumentInput['tools'][number], 'allowedRoles'>;

const string = { type: 'string' };
const tool = (name: string, properties: object = {}, rest: object = {}): Tool => ({
  name,
  description: `Tool ${name}.`,
  inputSchema: { type: 'object', properties, required: Object.keys(properties) },
  ...rest,
});
const sum = { outputSchema: { type: 'object' as const, properties: { sum: { type: 'number' } }, required: ['sum'] } };
const TOOLS = [
  tool('echo', { text: string }),
  tool('add', { a: { type: 'number' }, b: { type: 'number' } }, sum),
  tool('hold', { until: string, said: string }),
  tool('count', { said: string }),
  tool('large', { bytes: { type: 'integer' } }),
  ...['environment', 'refuse', 'fail', 'end', 'eat', 'change'].map((name) => tool(name)),
];

describe('tools of a stdio MCP server', () => {
  let sandbox: SandboxFixture;

  beforeEach(async () => (sandbox = await SandboxFixture.create()));
  afterEach(async () => {
    await sandbox.close();
    expect(await processesOf(sandbox.root)).toEqual([]);
  });

  const at = (name: string) => path.join(sandbox.root, name);
  const notes = async () => (await readFile(at('notes'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
  const noted = (line: string) => eventually(async () => (await notes()).includes(line));
  const readiness = async () => {
    const response = await fetch(`${sandbox.address}/readyz`);
    const { reasons } = (await response.json()) as { reasons: string[] };
    return { status: response.status, reasons };
  };

  interface Options {
    readonly declared?: readonly Tool[];
    readonly listed?: readonly object[];
    readonly behaviour?: object;
    readonly limits?: object;
    readonly command?: string[];
    readonly environment?: string[];
  }

  async function write({ declared = TOOLS, listed = TOOLS, behaviour = {}, limits = {}, ...rest }: Options = {}) {
    await writeFile(at('server.json'), JSON.stringify({ tools: listed, ...behaviour }));
    await sandbox.writeServer(declared, {
      server: { command: rest.command ?? [process.execPath, SERVER, sandbox.root] },
      environment: rest.environment ?? [],
      limits: { timeoutMs: 20_000, memoryBytes: 256 * 1024 * 1024, maxConcurrency: 4, ...limits },
    });
  }

  async function start(options: Options = {}) {
    await write(options);
    return sandbox.start();
  }

  const call = async (name: string, input: object = {}, client?: Client) =>
    (client ?? (await sandbox.connect())).callTool({ name, arguments: { ...input } });

  it('are served over MCP as they are declared, with arguments and results checked', async () => {
    expect(await start()).toEqual({ ready: true, reasons: [] });
    const client = await sandbox.connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
    expect(await call('add', { a: 1, b: 2 }, client)).toMatchObject({ structuredContent: { sum: 3 } });
    const refused = await call('add', { a: 1, b: 'two' }, client);
    expect(textOf(refused)).toBe("The arguments do not fit the tool's input schema:\n/b: must be number");
    expect(textOf(await call('refuse', {}, client))).toContain('The server refused the call: ');
    expect(await call('fail', {}, client)).toMatchObject({ isError: true, content: [{ text: 'it went wrong' }] });
  });

  it('are served in the other era and over plain HTTP, too', async () => {
    await start();
    const headers = { ...(await sandbox.headers()), 'content-type': 'application/json' };
    const request = { tool: 'echo', arguments: { text: 'hello' } };
    const execute = await fetch(`${sandbox.address}/execute`, {
      method: 'POST',
      headers,
      body: JSON.stringify(request),
    });
    expect(await execute.json()).toMatchObject({ outcome: 'ok', content: [{ type: 'text', text: 'hello' }] });
    const about = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const params = { name: 'echo', arguments: { text: 'hello' }, _meta: about };
    const modern = await fetch(`${sandbox.address}/mcp`, {
      method: 'POST',
      headers: {
        ...headers,
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'echo',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    });
    expect(await modern.text()).toContain('"text":"hello"');
  });

  it('refuse who may not call, as all tools do', async () => {
    await start();
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const post = async (headers: Record<string, string>) =>
      (await fetch(`${sandbox.address}/mcp`, { method: 'POST', headers, body })).status;
    expect(await post({ 'content-type': 'application/json' })).toBe(401);
    expect(await post({ ...(await sandbox.headers('stranger')), 'content-type': 'application/json' })).toBe(403);
    const forged = { ...(await sandbox.headers()), [USER_CLAIM_HEADER]: 'forged' };
    expect(await post({ ...forged, 'content-type': 'application/json' })).toBe(403);
  });

  it('are one process for all callers, who each get what is theirs', async () => {
    await start({ limits: { maxConcurrency: 20 } });
    const clients = await Promise.all(Array.from({ length: 4 }, () => sandbox.connect()));
    const said = Array.from({ length: 20 }, (_, i) => `word-${i}`);
    const answers = Promise.all(
      said.map((word, i) => call('hold', { until: `go-${i}`, said: word }, clients[i % clients.length])),
    );
    await eventually(async () => (await notes()).filter((line) => line.startsWith('held')).length === 20);
    for (const i of said.keys()) await writeFile(at(`go-${said.length - 1 - i}`), '');
    expect((await answers).map(textOf)).toEqual(said);
    expect((await notes()).filter((line) => line.startsWith('started'))).toHaveLength(1);
  });

  it('tell their progress to the caller whose call it is', async () => {
    await start();
    const clients = await Promise.all([sandbox.connect(), sandbox.connect(), sandbox.connect()]);
    const heard: unknown[][] = [[], [], []];
    await Promise.all(
      clients.map((client, i) =>
        client.callTool(
          { name: 'count', arguments: { said: `caller ${i}` } },
          i === 2 ? {} : { onprogress: (progress) => void heard[i]?.push(progress) },
        ),
      ),
    );
    for (const i of [0, 1]) {
      expect(heard[i]).toEqual([1, 2].map((progress) => ({ progress, total: 2, message: `caller ${i}` })));
    }
    expect(heard[2]).toEqual([]);
  });

  it('are told of calls that are cancelled, and only of those', async () => {
    await start();
    const leaving = new AbortController();
    const headers = {
      ...(await sandbox.headers()),
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    };
    const params = { name: 'hold', arguments: { until: 'never', said: 'mine' } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    const { signal } = leaving;
    const left = fetch(`${sandbox.address}/mcp`, { method: 'POST', headers, body, signal });
    const other = call('hold', { until: 'go', said: 'other' });
    await noted('held mine');
    await noted('held other');
    leaving.abort();
    await left.then((response) => response.text()).catch(() => undefined);
    await noted('cancelled mine');
    await writeFile(at('go'), '');
    expect(textOf(await other)).toBe('other');
    expect(await notes()).not.toContain('cancelled other');
  });

  it('are cancelled when their time is over, and go on for others', async () => {
    await start();
    const inTime = { ...(await sandbox.headers()), 'agentyard-time-left-ms': '900' };
    const client = await sandbox.connect(undefined, inTime);
    const result = await call('hold', { until: 'never', said: 'late' }, client);
    expect(textOf(result)).toMatch(/^The tool was stopped: it ran longer than its time limit of \d{3} ms\.$/);
    await noted('cancelled late');
    expect(textOf(await call('echo', { text: 'still there' }))).toBe('still there');
  });

  it('run as many calls at once as may, and refuse more than may wait', async () => {
    await start({ limits: { maxConcurrency: 1, maxQueue: 1 } });
    const client = await sandbox.connect();
    let isRefused: (text: string) => void = () => {};
    const refused = new Promise<string>((resolve) => (isRefused = resolve));
    const calls = ['a', 'b', 'c'].map(async (said) => {
      const result = await call('hold', { until: 'go', said }, client);
      if (result.isError === true) isRefused(textOf(result));
      return textOf(result);
    });
    expect(await refused).toBe('The toolset bench is overloaded; the call was not started and may be retried.');
    expect((await notes()).filter((line) => line.startsWith('held')).length).toBeLessThan(2);
    await writeFile(at('go'), '');
    expect((await Promise.all(calls)).filter((text) => text.length === 1)).toHaveLength(2);
  });

  it('answer no more than their limit; a message that is far larger ends the server, which is started again', async () => {
    await start({ limits: { outputBytes: 100_000 } });
    expect(textOf(await call('large', { bytes: 50_000 }))).toHaveLength(50_000);
    expect(textOf(await call('large', { bytes: 200_000 }))).toContain('output limit of 100000 bytes');
    expect(textOf(await call('large', { bytes: 5_000_000 }))).toContain(
      'process failed: the server was stopped: a message of it is longer than 1248576 bytes',
    );
    await eventually(async () => (await readiness()).status === 200);
    expect(textOf(await call('echo', { text: 'again' }))).toBe('again');
  });

  it('see the variables that are named, a folder of their own, and nothing of the runtime', async () => {
    sandbox.setVariable('SEEN', 'yes');
    sandbox.setVariable('HIDDEN', 'yes');
    await start({ environment: ['SEEN'] });
    const seen = JSON.parse(textOf(await call('environment'))) as Record<string, string>;
    expect(seen).toMatchObject({ SEEN: 'yes', HOME: seen.cwd, TMPDIR: seen.cwd });
    for (const name of ['HIDDEN', 'AGENTYARD_DOCUMENT', 'AGENTYARD_LOCAL']) expect(seen).not.toHaveProperty(name);
    expect(seen.cwd?.startsWith(at('scratch'))).toBe(true);
  });

  describe('in a process of the runtime', () => {
    let runtime: RuntimeProcess;

    beforeEach(async () => {
      await write();
      runtime = new RuntimeProcess(sandbox);
    });

    it('leave one audit line for each call, without what was said', async () => {
      const client = await runtime.connect();
      await call('echo', { text: 'a word that is nobody’s business' }, client);
      await call('add', { a: 'one', b: 2 }, client);
      await client.callTool({ name: 'absent', arguments: {} }).catch(() => undefined);
      await eventually(() => runtime.lines.filter(({ event }) => event === 'tool-call').length === 3);
      const who = { type: 'audit', caller: 'tester', method: 'tools/call' };
      const bytesIn = expect.any(Number) as number;
      expect(runtime.lines.filter(({ event }) => event === 'tool-call')).toMatchObject([
        { ...who, tool: 'echo', decision: 'allowed', outcome: 'ok', isError: false, bytesIn, bytesOut: bytesIn },
        { ...who, tool: 'add', decision: 'allowed', outcome: 'invalid-arguments', isError: true },
        { ...who, tool: 'absent', decision: 'denied', outcome: 'refused' },
      ]);
      expect(JSON.stringify(runtime.lines)).not.toContain('business');
      await runtime.stop('SIGTERM');
    });

    it.each(['SIGTERM', 'SIGKILL'] as const)('are gone with it after %s', async (signal) => {
      await runtime.connect();
      // Its working directory is a scratch folder; other tests run the same program.
      expect((await processesOf(at('scratch'))).length).toBe(1);
      await runtime.stop(signal);
      await eventually(async () => (await processesOf(at('scratch'))).length === 0);
    });
  });

  describe('whose server ends', () => {
    it('fail for those who wait, are not ready, and come back', async () => {
      await start();
      const waiting = call('hold', { until: 'never', said: 'waits' });
      await noted('held waits');
      const ended = await call('end');
      expect(textOf(ended)).toBe("The tool's process failed: the server exited with code 7.");
      expect(textOf(await waiting)).toBe(textOf(ended));
      await eventually(async () => (await readiness()).status === 200);
      expect(textOf(await call('echo', { text: 'back' }))).toBe('back');
      expect((await notes()).filter((line) => line.startsWith('started'))).toHaveLength(2);
    });

    it('are not ready while it ends at once, each time it is started', async () => {
      const { ready, reasons } = await start({ behaviour: { exits: true } });
      expect({ ready, reasons }).toEqual({
        ready: false,
        reasons: ['the server exited with code 3; it is started again'],
      });
      await eventually(async () => (await notes()).length > 1);
      expect(textOf(await call('echo', { text: 'x' }))).toContain('The toolset bench is not ready: the server');
    });

    it('are not ready if it cannot be started', async () => {
      const { reasons } = await start({ command: ['/nowhere/server'] });
      expect(reasons).toEqual(['the server could not be started (ENOENT); it is started again']);
    });

    it('are stopped with it when it takes more memory than it may', async () => {
      await start();
      expect(textOf(await call('eat'))).toBe(
        "The tool's process failed: the server was stopped: it used more than 268435456 bytes of memory.",
      );
      await eventually(async () => (await readiness()).status === 200);
    });
  });

  describe('are compared with the declared ones', () => {
    const [echo, add] = TOOLS as [Tool, Tool];
    const reordered = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      required: ['b', 'a'],
      properties: { b: { type: 'number' }, a: { type: 'number' } },
      type: 'object',
    };

    it.each<[string, object[], string[]]>([
      ['the same in another order', [{ ...add, inputSchema: reordered }, echo], []],
      ['a title and hints of its own', [{ ...echo, title: 'E', annotations: { readOnlyHint: true } }, add], []],
      ['one is missing', [echo], ['tool "add" is declared, but the server has none of that name']],
      ['one more', [echo, add, tool('drop')], ['the server has the tool "drop", which is not declared']],
      ['one is there twice', [echo, echo, add], ['the server has two tools "echo"']],
      [
        'another input',
        [{ ...echo, inputSchema: { type: 'object' } }, add],
        ['the inputSchema of the tool "echo" is another one in the server'],
      ],
      [
        'another output',
        [echo, { ...add, outputSchema: undefined }],
        ['the outputSchema of the tool "add" is another one in the server'],
      ],
      [
        'another description',
        [{ ...echo, description: 'Deletes all.' }, add],
        ['the description of the tool "echo" is another one in the server'],
      ],
    ])('%s', async (_, listed, problems) => {
      const { ready, reasons } = await start({ declared: [echo, add], listed });
      expect({ ready, reasons }).toEqual({ ready: problems.length === 0, reasons: problems });
    });

    it('again when the server says that it has others', async () => {
      await start();
      expect(textOf(await call('change'))).toBe('changed');
      const problem = 'the server has the tool "new", which is not declared';
      await eventually(async () => (await readiness()).reasons.includes(problem));
    });

    it('and so are their results', async () => {
      await start({ behaviour: { wrong: true } });
      expect(textOf(await call('add', { a: 1, b: 2 }))).toBe(
        "The tool's result does not fit its output schema:\n/sum: must be number",
      );
    });
  });
});
