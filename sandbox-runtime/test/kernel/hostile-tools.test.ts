import { createServer, type AddressInfo, type Server } from 'node:net';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { eventually } from '../../../runtime-kit/test/test-resources.js';
import { processesOf, SandboxFixture, textOf } from '../sandbox-fixture.js';
import { CALLS, itWithLandlock } from './kernel-fixture.js';

const MODULE = `
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
const told = (error) => (error.cause ?? error).code ?? (error.cause ?? error).message;
const outcome = (emitter, good) => new Promise((resolve) => {
  emitter.once(good, () => resolve(good)).once('error', (error) => resolve(told(error)));
});
export async function connect({ target }) { return outcome(net.connect(target), 'connect'); }
export async function listen({ target }) { return outcome(net.createServer().listen(target), 'listening'); }
export async function bind() { return outcome(createSocket('udp4').bind(0), 'listening'); }
export async function fetches({ url }) { return fetch(url).then((answer) => 'answered', told); }
export async function signal({ pid, name }) { try { process.kill(pid, name); return 'sent'; } catch (error) { return told(error); } }
export async function run({ program = 'sh', args }) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  return { status, output: stdout + stderr, error: error?.code };
}
export async function hold(_, { scratch, data }) {
  writeFileSync(scratch + '/secret', 'mine');
  writeFileSync(scratch + '/pid', String(process.pid));
  while (!existsSync(data.logs + '/release')) await sleep(5);
  return 'held';
}
`;
const NAMES = [...MODULE.matchAll(/export async function (\w+)/g)].map((match) => match[1] ?? '');
const tools = NAMES.map((name) => ({ name, module: 'm.mjs' }));
const LIMITS = { maxConcurrency: 2, maxProcesses: 8, memoryBytes: 256 * 1024 * 1024 };
const EPERM = 1;
/** A number of its own in the command line of the daemon. */
const TAG = `6${process.pid}`;
/** Hangs up the terminal, wherever it is called. */
const NOT_TRIED = 'vhangup';

/** Calls each system call with -1 for all arguments, and prints its errno. */
const CALL_ALL = 'for (@ARGV) { $! = 0; syscall($_, -1, -1, -1, -1, -1, -1); print $! + 0, "\\n" }';
/** Makes a socket of each family, and prints the errno. */
const ALL_SOCKETS = 'for (@ARGV) { print socket(S, $_, 1, 0) ? 0 : $! + 0, "\\n" }';

describe('hostile tools that may start processes', () => {
  let sandbox: SandboxFixture;
  let client: Client;
  let server: Server;

  const start = async (network: boolean) => {
    await sandbox.stop();
    const overrides = { limits: LIMITS, subprocesses: true, isolation: { network } };
    await sandbox.write({ modules: { 'm.mjs': MODULE }, tools }, overrides);
    expect(await sandbox.start()).toEqual({ ready: true, reasons: [] });
    client = await sandbox.connect();
  };
  const call = async (name: string, input: object = {}) =>
    textOf(await client.callTool({ name, arguments: { ...input } }));
  const run = async (program: string, ...args: string[]) => {
    const { structuredContent } = await client.callTool({ name: 'run', arguments: { program, args } });
    return structuredContent as { status: number | null; output: string; error?: string };
  };
  const shell = (script: string) => run('sh', '-c', script);
  const lines = async (script: string, given: readonly number[]) =>
    (await run('perl', '-e', script, ...given.map(String))).output.trim().split('\n').map(Number);

  /** A call that runs until the test ends it: its pid, its folder, and its end. */
  const holding = async () => {
    const held = call('hold');
    const folder = await eventually(async () => {
      const folders = (await sandbox.scratchFolders()).map((name) => path.join(sandbox.root, 'scratch', name));
      return folders.find((each) => existsSync(path.join(each, 'pid')));
    });
    const pid = await eventually(async () => (await processesOf(folder)).at(0));
    const release = async () => {
      await writeFile(path.join(sandbox.root, 'logs/release'), '');
      return held;
    };
    return { pid, folder, release };
  };

  beforeAll(async () => {
    server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(async () => {
    sandbox = await SandboxFixture.create();
    await start(false);
  });
  afterEach(() => sandbox.close());

  const port = () => (server.address() as AddressInfo).port;

  it('open no socket of the network where the toolset declares none', async () => {
    expect(await call('connect', { target: { port: port(), host: '127.0.0.1' } })).toBe('EPERM');
    expect(await call('connect', { target: { port: port(), host: '::1' } })).toBe('EPERM');
    expect(await call('listen', { target: { port: 0, host: '127.0.0.1' } })).toBe('EPERM');
    expect(await call('bind')).toBe('EPERM');
    expect(await call('fetches', { url: `http://127.0.0.1:${port()}/` })).toBe('EPERM');
    const families = [...Array(46).keys()].filter((family) => family !== 1);
    expect(new Set(await lines(ALL_SOCKETS, families))).toEqual(new Set([EPERM]));
    expect(await lines(ALL_SOCKETS, [1])).toEqual([0]);
  });

  it('open those of TCP and UDP where it does, and none below', async () => {
    await start(true);
    expect(await call('connect', { target: { port: port(), host: '127.0.0.1' } })).toBe('connect');
    expect(await call('listen', { target: { port: 0, host: '127.0.0.1' } })).toBe('listening');
    expect(await call('bind')).toBe('listening');
    const [netlink, packet, vsock] = [16, 17, 40];
    expect(await lines(ALL_SOCKETS, [netlink, packet, vsock])).toEqual([EPERM, EPERM, EPERM]);
  });

  it('make no system call that reaches other processes or the kernel', async () => {
    const own = Object.entries(CALLS.ownOnly).map(([name, { number }]) => [name, number] as const);
    const tried = [...Object.entries(CALLS.denied).filter(([name]) => name !== NOT_TRIED), ...own];
    const errors = await lines(
      CALL_ALL,
      tried.map(([, number]) => number),
    );
    expect(tried.map(([name], i) => [name, errors[i]])).toEqual(tried.map(([name]) => [name, EPERM]));
    expect((await run('unshare', '--user', 'true')).status).not.toBe(0);
  });

  it('set limits and priorities of no other process', async () => {
    const { prlimit64, sched_setaffinity: affinity, setpriority } = CALLS.ownOnly;
    const calls = [prlimit64, affinity].map((call) => `syscall(${call?.number}, ${process.pid}, 8, 0, 0)`);
    const all = [...calls, `syscall(${setpriority?.number}, 0, ${process.pid}, 1)`];
    const script = all.map((each) => `$! = 0; ${each}; print $! + 0, "\\n";`).join(' ');
    expect(await lines(script, [])).toEqual(all.map(() => EPERM));
    expect(await shell('nice -n 1 true && ulimit -n 64')).toMatchObject({ status: 0 });
  });

  it('have ended with their daemons, which have left session and parent', async () => {
    await shell(`setsid sleep ${TAG} >/dev/null 2>&1 &`);
    await eventually(async () => (await processesOf(TAG)).length === 0);
  });

  it('have the usual devices, and what is known of the machine', async () => {
    expect(await shell('echo x > /dev/null && head -c 1 /dev/urandom | wc -c')).toMatchObject({
      status: 0,
      output: '1\n',
    });
    expect((await shell('grep -c MemTotal /proc/meminfo')).output).toBe('1\n');
  });

  const withFiles = itWithLandlock(1);

  withFiles('read nothing of other calls, the runtime or the machine', async () => {
    const { pid, folder, release } = await holding();
    const files = [
      ...[`/proc/${pid}/environ`, `/proc/${pid}/cwd/secret`, `/proc/${pid}/maps`, path.join(folder, 'secret')],
      ...[`/proc/${process.pid}/environ`, `/proc/${process.pid}/maps`, path.join(sandbox.root, 'toolset.json')],
      ...['/etc/shadow', '/proc/1/environ', '/proc/self/environ', path.join(sandbox.root, 'dist/main.mjs')],
    ];
    for (const file of files) {
      const { status, output } = await run('cat', file);
      expect([file, status, output.includes('Permission denied')]).toEqual([file, 1, true]);
    }
    expect(await run('ls', path.join(sandbox.root, 'scratch'))).toMatchObject({ status: 2 });
    await writeFile(path.join(sandbox.root, 'logs/a.log'), 'a line');
    expect((await run('cat', path.join(sandbox.root, 'logs/a.log'))).output).toBe('a line');
    expect(await release()).toBe('held');
  });

  withFiles('write in their own folder alone', async () => {
    const { folder, release } = await holding();
    await mkdir(path.join(sandbox.root, 'logs/sub'));
    const targets = [
      ...[path.join(folder, 'x'), path.join(sandbox.root, 'scratch/x'), path.join(sandbox.root, 'logs/sub/x')],
      ...[
        path.join(sandbox.root, 'tools/m.mjs'),
        path.join(sandbox.root, 'x'),
        '/tmp/agentyard-x',
        '/dev/shm/agentyard-x',
      ],
    ];
    for (const target of targets) {
      const { status, output } = await shell(`echo x >> ${target}`);
      expect([target, status === 0, output.includes('Permission denied')]).toEqual([target, false, true]);
    }
    expect((await shell(`rm -rf ${path.join(sandbox.root, 'tools')}`)).status).not.toBe(0);
    expect((await shell(`ln ${path.join(sandbox.root, 'toolset.json')} x`)).status).not.toBe(0);
    expect(await shell('mkdir a && echo x > a/b && mv a/b c && cat c && rm -r a c')).toMatchObject({ output: 'x\n' });
    expect(await release()).toBe('held');
  });

  withFiles('run nothing that they have written', async () => {
    expect(await shell('cp /bin/true x && ./x')).toMatchObject({ status: 126 });
  });

  const withScopes = itWithLandlock(6);

  withScopes('send no signal to the runtime or to another call', async () => {
    const { pid, release } = await holding();
    for (const target of [process.pid, pid]) {
      for (const name of ['SIGCONT', 'SIGUSR1', 'SIGKILL'])
        expect(await call('signal', { pid: target, name })).toBe('EPERM');
      expect((await shell(`kill -STOP ${target}`)).status).not.toBe(0);
      expect((await shell(`kill -CONT -${target}`)).status).not.toBe(0);
    }
    expect((await shell('sleep 60 & kill $! && wait $!; echo ended')).output).toContain('ended');
    expect(await release()).toBe('held');
  });

  withScopes('connect to no abstract socket of others', async () => {
    const name = `\0agentyard-${process.pid}`;
    const abstract = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => abstract.listen(name, resolve));
    expect(await call('connect', { target: { path: name } })).toBe('EPERM');
    await new Promise((resolve) => abstract.close(resolve));
  });
});
