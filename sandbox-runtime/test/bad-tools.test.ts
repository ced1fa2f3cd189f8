import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { eventually } from '../../runtime-kit/test/test-resources.js';
import { processesOf, SandboxFixture, textOf } from './sandbox-fixture.js';

/** A number that stands in the command line of every helper process, and in no other. */
const TAG = `7${process.pid}`;

const MODULE = `
import { spawn } from 'node:child_process';
import { writeFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
const helper = () => spawn('sleep', ['${TAG}'], { stdio: 'ignore' });

export async function fine() { return 'fine'; }
export async function throws() { throw new Error('no such order in /etc/orders, see ' + import.meta.url); }
export async function throws_nothing() { throw undefined; }
export async function rejects_aside() { void Promise.reject(new Error('aside')); await sleep(10000); }
export async function hangs() { for (;;); }
export async function waits() { await sleep(60000); }
export async function ends_silently() { await new Promise(() => {}); }
export async function prints() { const block = 'x'.repeat(1048576); for (let i = 0; i < 100; i++) process.stdout.write(block); return 'done'; }
export async function logs() { for (let i = 0; i < 100; i++) console.log('x'.repeat(1048576)); return 'done'; }
export async function closes_output() { console.log('bye'); process.stdout.destroy(); process.stderr.end(); return 'fine'; }
export async function complains() { const block = 'x'.repeat(1048576); for (let i = 0; i < 100; i++) process.stderr.write(block); return 'done'; }
export async function returns_much() { return "x".repeat(10 * 1048576); }
export async function prints_just_before() { process.stdout.write('x'.repeat(150000)); return 'y'.repeat(150000); }
export async function eats_heap() { const all = []; for (;;) all.push(new Array(1000).fill(all.length)); }
export async function eats_buffers() { const all = []; for (;;) { all.push(Buffer.alloc(8 * 1048576, 1)); await sleep(5); } }
export async function forks() { for (let i = 0; i < 30; i++) helper(); await sleep(60000); }
export async function eats_in_child() {
  spawn(process.execPath, ['-e', 'const a = []; setInterval(() => a.push(Buffer.alloc(8 * 1048576, 1)), 5)', '${TAG}'], { stdio: 'ignore' });
  await sleep(60000);
}
export async function leaves_daemon() {
  spawn('setsid', ['sleep', '${TAG}'], { detached: true, stdio: 'ignore' }).unref();
  return 'left';
}
export async function leaves_nameless_daemon() {
  spawn('env', ['-i', 'sleep', '${TAG}'], { detached: true, stdio: 'ignore' }).unref();
  return 'left';
}
export async function leaves_orphan() {
  await new Promise((resolve) => spawn('sh', ['-c', 'setsid sleep ${TAG} >/dev/null 2>&1 &'], { stdio: 'ignore' }).once('exit', resolve));
  return 'left';
}
export async function leaves_printing_daemon() {
  spawn('setsid', ['sleep', '${TAG}'], { detached: true, stdio: 'inherit' }).unref();
  return 'left';
}
export async function exits() { process.exit(3); }
export async function kills_itself() { process.kill(process.pid, 'SIGSEGV'); await sleep(60000); }
export async function exits_in_result() { writeSync(3, '{"status":"returned","type":"string","value":"ha'); process.exit(0); }
export async function forges() { writeSync(3, 'ha\\n'); await sleep(60000); }
export async function returns_number() { return 42; }
export async function returns_list() { return [1, 2]; }
export async function returns_nothing() {}
export async function returns_function() { return () => 1; }
export async function returns_cycle() { const a = {}; a.a = a; return a; }
export async function returns_misfit() { return { total: 'many', extra: 1 }; }
export async function returns_text() { return 'many'; }
export async function forges_depth() {
  const nested = '['.repeat(90000) + ']'.repeat(90000);
  const bytes = Buffer.from('{"status":"returned","type":"object","value":{"a":' + nested + '}}\\n');
  for (let written = 0; written < bytes.length; ) written += writeSync(3, bytes, written);
  await sleep(10000);
}
export async function forges_change() { writeSync(3, '{"status":"changed"}\\n'); await sleep(10000); }
export async function nests_deeply(_, { scratch }) {
  const { mkdirSync, renameSync } = await import('node:fs');
  const half = '/' + Array(11).fill('d'.repeat(200)).join('/');
  for (const side of ['/a', '/b']) mkdirSync(scratch + side + half, { recursive: true });
  renameSync(scratch + '/b', scratch + '/a' + half + '/b');
  return 'nested';
}
export async function locks_scratch(_, { scratch }) {
  const { mkdirSync, chmodSync } = await import('node:fs');
  mkdirSync(scratch + '/a/b', { recursive: true }); writeFileSync(scratch + '/a/b/c', 'x'); chmodSync(scratch + '/a/b', 0);
  return 'locked';
}
`;

const NAMES = [...MODULE.matchAll(/export async function (\w+)/g)].map((match) => match[1] ?? '');
const DECLARED = ['returns_misfit', 'returns_text'];
const outputSchema = {
  type: 'object' as const,
  properties: { total: { type: 'number' } },
  required: ['total'],
  additionalProperties: false,
};
const tools = NAMES.map((name) => ({
  name,
  module: 'bad.mjs',
  ...(DECLARED.includes(name) && { outputSchema }),
}));

const MEMORY = 150 * 1024 * 1024;
const LIMITS = { timeoutMs: 10_000, memoryBytes: MEMORY, maxProcesses: 8, outputBytes: 200_000, maxConcurrency: 1 };

describe('a sandbox with bad tools', () => {
  let sandbox: SandboxFixture;
  let client: Client;

  const restart = async (limits: Partial<typeof LIMITS>) => {
    await sandbox.stop();
    await sandbox.write(
      { modules: { 'bad.mjs': MODULE }, tools },
      { subprocesses: true, limits: { ...LIMITS, ...limits } },
    );
    expect(await sandbox.start()).toEqual({ ready: true, reasons: [] });
    client = await sandbox.connect();
  };

  const call = async (name: string) => {
    const result = await client.callTool({ name, arguments: {} });
    return { text: textOf(result), isError: result.isError === true };
  };

  beforeAll(async () => {
    sandbox = await SandboxFixture.create();
    await restart({});
  });

  const nothingIsLeft = async () => {
    await eventually(async () => (await processesOf(sandbox.root)).length === 0);
    await eventually(async () => (await processesOf(TAG)).length === 0);
    await eventually(async () => (await sandbox.scratchFolders()).length === 0);
  };

  afterEach(async () => {
    await nothingIsLeft();
    expect(await call('fine')).toEqual({ text: 'fine', isError: false });
  });

  afterAll(() => sandbox.close());

  const PROCESS = "The tool's process failed:";
  const NOT_A_RESULT = 'it must return a string, an object or an MCP result.';

  it('are stopped for what they have logged, though the pipe took less than the limit before they returned', async () => {
    await restart({ outputBytes: 1_048_576 });
    expect(await call('logs')).toEqual({
      text: 'The tool was stopped: its result and what it printed were more than its output limit of 1048576 bytes.',
      isError: true,
    });
    await restart({});
  });

  it('is served though it has closed its output', async () => {
    expect(await call('closes_output')).toEqual({ text: 'fine', isError: false });
  });

  it.each([
    ['throws', 'The tool failed: no such order in <path>, see file://<tools>/bad.mjs'],
    ['throws_nothing', 'The tool failed: undefined'],
    ['rejects_aside', `${PROCESS} it exited with code 1 before it returned a result.`],
    ['ends_silently', `${PROCESS} it exited with code 13 before it returned a result.`],
    ['prints', 'The tool was stopped: its result and what it printed were more than its output limit of 200000 bytes.'],
    [
      'complains',
      'The tool was stopped: its result and what it printed were more than its output limit of 200000 bytes.',
    ],
    [
      'returns_much',
      'The tool was stopped: its result and what it printed were more than its output limit of 200000 bytes.',
    ],
    [
      'prints_just_before',
      'The tool was stopped: its result and what it printed were more than its output limit of 200000 bytes.',
    ],
    ['eats_heap', `The tool was stopped: it used more than its memory limit of ${MEMORY} bytes.`],
    ['eats_buffers', `The tool was stopped: it used more than its memory limit of ${MEMORY} bytes.`],
    ['eats_in_child', `The tool was stopped: it used more than its memory limit of ${MEMORY} bytes.`],
    ['forks', 'The tool was stopped: it had more processes than its limit of 8.'],
    ['exits', `${PROCESS} it exited with code 3 before it returned a result.`],
    ['kills_itself', `${PROCESS} it was ended by SIGSEGV before it returned a result.`],
    ['exits_in_result', `${PROCESS} it exited with code 0 in the middle of its result.`],
    ['forges', `${PROCESS} its result could not be read.`],
    ['forges_change', `${PROCESS} its result could not be read.`],
    ['returns_number', `The tool returned a number; ${NOT_A_RESULT}`],
    ['returns_list', `The tool returned an array; ${NOT_A_RESULT}`],
    ['returns_nothing', `The tool returned nothing; ${NOT_A_RESULT}`],
    ['returns_function', `The tool returned a function; ${NOT_A_RESULT}`],
    [
      'returns_misfit',
      "The tool's result does not fit its output schema:\n/extra: is not known\n/total: must be number",
    ],
    ['returns_text', 'The tool returned text, but it declares a structured result.'],
  ])('%s: says so, leaves nothing, and serves the next call', async (name, text) => {
    expect(await call(name)).toEqual({ text, isError: true });
  });

  it('says that a result cannot be written as JSON', async () => {
    const { text, isError } = await call('returns_cycle');
    expect(isError).toBe(true);
    expect(text).toContain('circular structure');
  });

  it.each(['leaves_daemon', 'leaves_nameless_daemon', 'leaves_orphan', 'leaves_printing_daemon'])(
    '%s: the result comes, the daemon goes',
    async (name) => {
      expect(await call(name)).toEqual({ text: 'left', isError: false });
    },
  );

  it('starts no process for arguments that are nested too deeply to be passed on', async () => {
    const depth = 50_000;
    const nested = '['.repeat(depth) + ']'.repeat(depth);
    const response = await fetch(`${sandbox.address}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(await sandbox.headers()),
      },
      body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"fine","arguments":{"a":${nested}}}}`,
    });
    expect(await response.text()).toContain(`${PROCESS} its arguments are nested too deeply.`);
  });

  it('says so when a forged result is nested too deeply', async () => {
    expect(await call('forges_depth')).toEqual({
      text: `${PROCESS} its result is nested too deeply.`,
      isError: true,
    });
  });

  it('removes a scratch folder that the tool has locked', async () => {
    expect(await call('locks_scratch')).toEqual({ text: 'locked', isError: false });
  });

  it('removes a scratch folder that is deeper than a path can be long', async () => {
    expect(await call('nests_deeply')).toEqual({ text: 'nested', isError: false });
  });

  it('says that a call could not be run when there is no place for its folder, and not where that is', async () => {
    const folder = path.join(sandbox.root, 'scratch');
    await nothingIsLeft();
    await rm(folder, { recursive: true });
    expect(await call('fine')).toEqual({
      text: 'The sandbox failed while it handled the call.',
      isError: true,
    });
    await mkdir(folder);
    expect(await call('fine')).toEqual({ text: 'fine', isError: false });
  });

  it('removes the folder of a runtime that was killed, and keeps the folder of one that lives', async () => {
    const folder = (pid: number) => path.join(sandbox.root, 'scratch', `call-${pid}-abc`);
    await sandbox.stop();
    await writeFile(folder(2 ** 22 + 1), '');
    await writeFile(folder(process.ppid), '');
    await restart({});
    const left = await sandbox.scratchFolders();
    expect(left).toContain(path.basename(folder(process.ppid)));
    expect(left).not.toContain(path.basename(folder(2 ** 22 + 1)));
    await rm(folder(process.ppid));
  });

  it('hangs, waits: the time limit ends both', async () => {
    await restart({ timeoutMs: 700 });
    const text = 'The tool was stopped: it ran longer than its time limit of 700 ms.';
    expect(await call('hangs')).toEqual({ text, isError: true });
    expect(await call('waits')).toEqual({ text, isError: true });
    await restart({});
  });
});
