import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../src/dev/free-port';

const PROGRAM = path.join(__dirname, '../src/doctor/probe-program.mjs');

/** The program of the probe's pods, on loopback. How it sees DNS and packet filters is shown in test/real. */
describe('the program of the probe', () => {
  const children: ChildProcess[] = [];
  const servers: Server[] = [];
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'probe-'))));
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null) continue;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    for (const server of servers.splice(0)) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (...args: string[]): ChildProcess => {
    const env = { PATH: process.env.PATH };
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'ignore', 'pipe'], env });
    children.push(child);
    return child;
  };
  const listen = async (): Promise<string> => {
    const port = await freePort(0, new Set());
    start('listen', String(port));
    return `tcp://127.0.0.1:${port}`;
  };
  /** A port of something else, which takes connections as a proxy does. */
  const stranger = async (says: string): Promise<string> => {
    const server = createServer((socket) => socket.on('error', () => undefined).end(says));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const observe = async (open: readonly string[], closed: readonly string[], settleMs = 1_000): Promise<unknown> => {
    const file = path.join(folder, 'result');
    const child = start('observe', JSON.stringify({ step: 'one-port', settleMs, open, closed }), file);
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    return JSON.parse(readFileSync(file, 'utf8'));
  };

  it('sees what answers and what does not', async () => {
    const [open, closed] = [await listen(), `tcp://127.0.0.1:${await freePort(0, new Set())}`];
    expect(await observe([open], [closed], 20_000)).toEqual({ step: 'one-port', met: true, amiss: [] });
  });

  it('says what is not as it must be', async () => {
    const [open, closed] = [await listen(), `tcp://127.0.0.1:${await freePort(0, new Set())}`];
    await observe([open], [], 20_000);
    expect(await observe([closed], [open], 0)).toEqual({
      step: 'one-port',
      met: false,
      amiss: [`${closed} ECONNREFUSED`, `${open} answers`],
    });
  });

  it('does not take a connection for an answer of the listener', async () => {
    const [silent, other] = [await stranger(''), await stranger('HTTP/1.1 503 Service Unavailable\r\n\r\n')];
    expect(await observe([silent, other], [], 0)).toMatchObject({
      amiss: [`${silent} hangs up`, `${other} hangs up`],
    });
    expect(await observe([], [silent, other], 20_000)).toMatchObject({ met: true });
  });

  it('waits until a policy has taken hold', async () => {
    const port = await freePort(0, new Set());
    const observed = observe([`tcp://127.0.0.1:${port}`], [], 20_000);
    start('listen', String(port));
    expect(await observed).toMatchObject({ met: true });
  });

  it('fits into the status of a pod, however much is amiss', async () => {
    const targets = Array.from({ length: 40 }, (_, i) => `tcp://[fd00:ffff:ffff:ffff:ffff:ffff:ffff:${i + 10}]:65535`);
    const { amiss } = (await observe(targets, [], 0)) as { amiss: string[] };
    expect(amiss.length).toBe(8);
    // Kubernetes keeps 12 KiB of all containers of a pod, which has eight of them at most.
    expect(JSON.stringify(amiss).length).toBeLessThan(12_288 / 8 - 100);
  });
});
