import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { eventually } from '../../runtime-kit/test/test-resources.js';
import { RuntimeProcess } from './runtime-process.js';
import { SandboxFixture, processesOf, textOf } from './sandbox-fixture.js';

const TAG = `8${process.pid}`;
const MODULE = `
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
export async function whisper({ secret }) { console.log('printed', secret); if (secret === 'wrong') throw new Error('not ' + secret); return 'heard'; }
export async function escape() {
  const script = 'setsid env -i sleep ${TAG} >/dev/null 2>&1 &';
  await new Promise((resolve) => spawn('env', ['-i', 'setsid', 'sh', '-c', script], { detached: true, stdio: 'ignore' }).once('exit', resolve));
  return 'away';
}
export async function escape_with_another_id() {
  const script = 'AGENTYARD_CALL=other setsid sleep ${TAG} >/dev/null 2>&1 &';
  await new Promise((resolve) => spawn('env', ['-i', 'AGENTYARD_CALL=other', 'setsid', 'sh', '-c', script], { detached: true, stdio: 'ignore' }).once('exit', resolve));
  return 'away';
}
export async function wait() { await sleep(60000); }
`;
const tools = ['whisper', 'escape', 'escape_with_another_id', 'wait'].map((name) => ({
  name,
  module: 'm.mjs',
}));
const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', 'true']).status === 0;

describe('the runtime as a process', () => {
  let sandbox: SandboxFixture;
  let runtime: RuntimeProcess | undefined;

  beforeEach(async () => {
    sandbox = await SandboxFixture.create();
    await sandbox.write({ modules: { 'm.mjs': MODULE }, tools }, { subprocesses: true, limits: { warmProcesses: 0 } });
  });

  afterEach(async () => {
    await runtime?.stop('SIGKILL');
    await sandbox.close();
  });

  it('logs each call with its outcome, and nothing that the tool got, printed or said', async () => {
    runtime = new RuntimeProcess(sandbox);
    const client = await runtime.connect();
    await client.callTool({ name: 'whisper', arguments: { secret: 'hush' } });
    await client.callTool({ name: 'whisper', arguments: { secret: 'wrong' } });
    await client.close();
    await runtime.stop('SIGTERM');
    const calls = runtime.lines.filter((line) => line.event === 'tool-call');
    expect(calls.map(({ tool, outcome }) => [tool, outcome])).toEqual([
      ['whisper', 'ok'],
      ['whisper', 'tool-error'],
    ]);
    for (const call of calls)
      expect(call).toMatchObject({ duration_ms: expect.any(Number), requestId: expect.any(String) });
    expect(JSON.stringify(runtime.lines)).not.toMatch(/hush|wrong|printed|heard/);
  });

  it('does not start with a schema that does not compile, and says where', async () => {
    const broken = {
      ...tools[0],
      name: 'whisper',
      module: 'm.mjs',
      inputSchema: { type: 'object' as const, required: 'all' },
    };
    await sandbox.write({ modules: { 'm.mjs': MODULE }, tools: [broken] });
    runtime = new RuntimeProcess(sandbox);
    expect(await runtime.exit()).toBe(78);
    expect(runtime.lines).toMatchObject([
      { level: 'fatal', event: 'refused', path: '$.tools[0].inputSchema.required' },
    ]);
  });

  it('opens no debugger, nor do calls, where nothing keeps the signals of a tool in', async () => {
    runtime = new RuntimeProcess(sandbox);
    const client = await runtime.connect();
    const waiting = client.callTool({ name: 'wait', arguments: {} }).catch(() => 'ended with the runtime');
    let other: number[] = [];
    while (other.length === 0) other = await processesOf(path.join(sandbox.root, 'scratch'));
    // Before Node has started, the signal would end it.
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const pid of [runtime.pid, other[0]]) process.kill(pid as number, 'SIGUSR1');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(runtime.lines.map(({ text }) => text).join()).not.toContain('Debugger');
    await eventually(async () => (await processesOf(path.join(sandbox.root, 'scratch'))).length === 1);
    expect(await processesOf(path.join(sandbox.root, 'scratch'))).toEqual(other);
    await client.close();
    await runtime.stop('SIGTERM');
    await waiting;
  });

  const inContainer = canUnshare ? it.each(['escape', 'escape_with_another_id']) : it.skip.each(['escape']);
  const title = 'as the first process of a container it ends even a daemon that hid all its traces: %s';
  inContainer(canUnshare ? title : `SKIPPED, no process namespaces here: ${title}`, async (name) => {
    runtime = new RuntimeProcess(sandbox, ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']);
    const client = await runtime.connect();
    expect(textOf(await client.callTool({ name, arguments: {} }))).toBe('away');
    await eventually(async () => (await processesOf(TAG)).length === 0);
    await client.close();
  });
});
