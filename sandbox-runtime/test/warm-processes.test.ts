import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../../runtime-kit/test/test-resources.js';
import { RuntimeProcess } from './runtime-process.js';
import { isHalted, processesOf, SandboxFixture, textOf } from './sandbox-fixture.js';

const MODULE = `
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
let ticks = 0;
setInterval(() => (ticks += 1), 1);
export async function pid() { return String(process.pid); }
export function ticked() { return String(ticks); }
export async function hold(_, { data }) { while (!existsSync(data.logs + '/release')) await sleep(5); return 'held'; }
export async function wake({ pid }) { process.kill(pid, 'SIGCONT'); return 'woken'; }
export async function end({ pid }) { process.kill(pid, 'SIGKILL'); return 'ended'; }
export async function write({ text }, { scratch }) { writeFileSync(scratch + '/note', text); return scratch; }
`;
const OTHER = `export async function other() { return String(process.pid); }`;
const FORKS = `
import { spawn } from 'node:child_process';
spawn('sleep', ['7${process.pid}'], { stdio: 'ignore' });
export async function forks() { return 'forked'; }
`;
const THROWS = `
import { existsSync } from 'node:fs';
if (existsSync(process.env.BROKEN_IF)) throw new Error('out of order');
export async function throws() { return 'fine'; }
`;

const CODE = { 'm.mjs': MODULE, 'other.mjs': OTHER, 'forks.mjs': FORKS, 'throws.mjs': THROWS };
type ModuleFile = keyof typeof CODE;
const MAIN = ['pid', 'ticked', 'hold', 'wake', 'end', 'write'];

describe('processes that wait for a call', () => {
  let sandbox: SandboxFixture;

  beforeEach(async () => (sandbox = await SandboxFixture.create()));
  afterEach(() => sandbox.close());

  async function write(limits: object, files: readonly ModuleFile[] = ['m.mjs']): Promise<void> {
    const tools = files.flatMap((module) =>
      (module === 'm.mjs' ? MAIN : [module.replace('.mjs', '')]).map((name) => ({ name, module })),
    );
    const modules = Object.fromEntries(files.map((file) => [file, CODE[file]]));
    const environment = ['BROKEN_IF'];
    await sandbox.write({ modules, tools }, { limits, subprocesses: files.includes('forks.mjs'), environment });
  }

  async function start(limits: object, files?: readonly ModuleFile[]) {
    await write(limits, files);
    expect(await sandbox.start()).toEqual({ ready: true, reasons: [] });
    const client = await sandbox.connect();
    return async (name: string, args: object = {}) =>
      textOf(await client.callTool({ name, arguments: args as Record<string, unknown> }));
  }

  const waiting = async () => (await processesOf(sandbox.root)).filter(isHalted);
  /** Waits until so many wait and none runs. */
  const waits = (count: number) =>
    eventually(async () => {
      const all = await processesOf(sandbox.root);
      return all.length === count && all.every(isHalted) && all;
    });

  it('take one call each, and are replaced', async () => {
    const call = await start({ maxConcurrency: 2 });
    const [first] = await waits(1);
    expect(await call('pid')).toBe(String(first));
    const [second] = await waits(1);
    expect(second).not.toBe(first);
    expect(await call('pid')).toBe(String(second));
  });

  it('have folders of their own, which are gone with them', async () => {
    const call = await start({ maxConcurrency: 2 });
    await waits(1);
    const folder = await call('write', { text: 'mine' });
    expect(path.dirname(folder)).toBe(path.join(sandbox.root, 'scratch'));
    await waits(1);
    expect(await sandbox.scratchFolders()).toHaveLength(1);
    expect(await sandbox.scratchFolders()).not.toContain(path.basename(folder));
  });

  it('run nothing while they wait', async () => {
    const call = await start({});
    await waits(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    // Every millisecond it would have.
    expect(Number(await call('ticked'))).toBeLessThan(5);
  });

  it('are as many as the document says', async () => {
    await start({ maxConcurrency: 4, warmProcesses: 3 });
    await waits(3);
  });

  it('are none where it says so', async () => {
    const call = await start({ warmProcesses: 0 });
    const pid = await call('pid');
    await waits(0);
    expect(await call('pid')).not.toBe(pid);
    await waits(0);
  });

  it('are with those that run no more than may run at once', async () => {
    const call = await start({ maxConcurrency: 2, warmProcesses: 2 });
    await waits(2);
    const held = call('hold');
    await eventually(async () => (await waiting()).length === 1);
    expect(await call('pid')).not.toBe('');
    await eventually(async () => (await waiting()).length === 1);
    expect(await processesOf(sandbox.root)).toHaveLength(2);
    await writeFile(path.join(sandbox.root, 'logs/release'), '');
    expect(await held).toBe('held');
    await waits(2);
  });

  it('are of the modules that were called last, and make room for others', async () => {
    const call = await start({ maxConcurrency: 1 }, ['m.mjs', 'other.mjs']);
    const [main] = await waits(1);
    const other = await call('other');
    expect(other).not.toBe(String(main));
    const [next] = await waits(1);
    expect(await call('other')).toBe(String(next));
    await waits(1);
  });

  it('are one for each module where there is room', async () => {
    const call = await start({ maxConcurrency: 2, warmProcesses: 2 }, ['m.mjs', 'other.mjs']);
    const both = (await waits(2)).map(String);
    const called = [await call('other'), await call('pid')];
    expect(called.sort()).toEqual(both.sort());
  });

  it('stay halted when a tool has them run on', async () => {
    const call = await start({ maxConcurrency: 3, warmProcesses: 2 });
    const pids = await waits(2);
    for (const pid of pids) await call('wake', { pid }).catch(() => undefined);
    await waits(2);
  });

  it('are replaced after a call when they have ended', async () => {
    const call = await start({ maxConcurrency: 3, warmProcesses: 2 });
    const [first, second] = await waits(2);
    // One of them takes the call.
    const answers = [await call('end', { pid: first }), await call('end', { pid: second })];
    expect(answers).not.toHaveLength(0);
    const after = await waits(2);
    expect(after).not.toContain(first);
    expect(after).not.toContain(second);
  });

  it('are not kept of a module that starts processes when it is loaded', async () => {
    const call = await start({}, ['forks.mjs']);
    for (let i = 0; i < 4; i += 1) expect(await call('forks')).toBe('forked');
    await waits(0);
    await eventually(async () => (await processesOf(`7${process.pid}`)).length === 0);
  });

  it('are not kept of a module that does not load any more; its calls say why', async () => {
    sandbox.setVariable('BROKEN_IF', path.join(sandbox.root, 'logs/broken'));
    const call = await start({}, ['throws.mjs']);
    await waits(1);
    await writeFile(path.join(sandbox.root, 'logs/broken'), '');
    expect(await call('throws')).toBe('fine');
    expect(await call('throws')).toBe('The tool failed: out of order');
    await waits(0);
  });

  it('are gone with the runtime', async () => {
    await start({ maxConcurrency: 2, warmProcesses: 2 });
    await waits(2);
    await sandbox.stop();
    expect(await processesOf(sandbox.root)).toEqual([]);
    expect(await sandbox.scratchFolders()).toEqual([]);
  });

  it('are cleared away by the next runtime when theirs was killed', async () => {
    await write({ maxConcurrency: 1 });
    const runtime = new RuntimeProcess(sandbox);
    await runtime.connect();
    const [left] = await eventually(async () => {
      const halted = await waiting();
      return halted.length === 1 && halted;
    });
    await runtime.stop('SIGKILL');
    expect(await processesOf(sandbox.root)).toEqual([left]);
    await start({ warmProcesses: 0 });
    await waits(0);
    expect(await sandbox.scratchFolders()).toEqual([]);
  });
});
