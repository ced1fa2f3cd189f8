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
export async function write({ text }, { scratch }) { writeFileSync(scratch + '/note', text); return scratch; }
`;
const OTHER = `export async function other() { return String(process.pid); }`;
const THROWS = `
import { existsSync } from 'node:fs';
if (existsSync(process.env.BROKEN_IF)) throw new Error('out of order');
export async function throws() { return 'fine'; }
`;
/** Says itself that it is loaded, and goes on. */
const GREEDY = `
import { existsSync, writeSync } from 'node:fs';
if (existsSync(process.env.BROKEN_IF)) {
  writeSync(3, '{"status":"ready"}\\n');
  const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  wait(1000);
  for (const all = []; ; wait(5)) all.push(Buffer.alloc(8 * 1048576, 1));
}
export async function greedy() { return 'fine'; }
`;

const CODE = { 'm.mjs': MODULE, 'other.mjs': OTHER, 'throws.mjs': THROWS, 'greedy.mjs': GREEDY };
type ModuleFile = keyof typeof CODE;
const MAIN = ['pid', 'ticked', 'hold', 'write'];

describe('processes that wait for a call', () => {
  let sandbox: SandboxFixture;

  beforeEach(async () => (sandbox = await SandboxFixture.create()));
  afterEach(() => sandbox.close());

  async function write(limits: object, files: readonly ModuleFile[] = ['m.mjs'], subprocesses = false): Promise<void> {
    const tools = files.flatMap((module) =>
      (module === 'm.mjs' ? MAIN : [module.replace('.mjs', '')]).map((name) => ({ name, module })),
    );
    const modules = Object.fromEntries(files.map((file) => [file, CODE[file]]));
    const environment = ['BROKEN_IF'];
    await sandbox.write({ modules, tools }, { limits, subprocesses, environment });
  }

  async function start(limits: object, files?: readonly ModuleFile[], subprocesses?: boolean) {
    await write(limits, files, subprocesses);
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

  it('are of the module that was called last where there would be room for both', async () => {
    const call = await start({ maxConcurrency: 2 }, ['m.mjs', 'other.mjs']);
    await waits(1);
    await call('other');
    const called = await eventually(async () => {
      const [pid] = await waits(1);
      return (await call('other')) === String(pid);
    });
    expect(called).toBe(true);
  });

  it('are one for each module where there is room', async () => {
    const call = await start({ maxConcurrency: 2, warmProcesses: 2 }, ['m.mjs', 'other.mjs']);
    const both = (await waits(2)).map(String);
    const called = [await call('other'), await call('pid')];
    expect(called.sort()).toEqual(both.sort());
  });

  it('are halted again after a call when somebody has them run on, as tools can where nothing keeps their signals in', async () => {
    const call = await start({ maxConcurrency: 3, warmProcesses: 2 });
    for (const pid of await waits(2)) process.kill(pid, 'SIGCONT');
    await call('pid');
    await waits(2);
  });

  it('are replaced after a call when they have ended', async () => {
    const call = await start({ maxConcurrency: 3, warmProcesses: 2 });
    const [first, second] = await waits(2);
    for (const pid of [first, second]) process.kill(pid as number, 'SIGKILL');
    await call('pid');
    const after = await waits(2);
    expect(after).not.toContain(first);
    expect(after).not.toContain(second);
  });

  it('are none where tools may start processes, which could write into their folders', async () => {
    const call = await start({}, ['m.mjs'], true);
    expect(await call('pid')).not.toBe('');
    await waits(0);
  });

  it('are ended when they run on and cross a limit while others are called', async () => {
    const broken = path.join(sandbox.root, 'logs/broken');
    sandbox.setVariable('BROKEN_IF', broken);
    const call = await start({ maxConcurrency: 5, warmProcesses: 2 }, ['m.mjs', 'greedy.mjs']);
    await waits(2);
    await writeFile(broken, '');
    expect(await call('greedy')).toBe('fine');
    const both = await waits(2);
    // The other one takes the call.
    const held = call('hold');
    const greedy = await eventually(async () => {
      const left = (await waiting()).filter((pid) => both.includes(pid));
      return left.length === 1 && left[0];
    });
    await eventually(async () => {
      if (!(await processesOf(sandbox.root)).includes(greedy)) return true;
      process.kill(greedy, 'SIGCONT');
      return false;
    });
    await writeFile(path.join(sandbox.root, 'logs/release'), '');
    expect(await held).toBe('held');
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
