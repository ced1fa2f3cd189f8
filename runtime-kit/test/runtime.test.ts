import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ContractError, gatewayDocument } from 'agentyard/contract';
import { startRuntime, type RuntimeParts } from '../src';
import { cleanUp, eventually, gatewayDocumentOf, onCleanUp, send, temporaryDirectory, type LogLine } from './fixture';

const environment = { ...process.env };

afterEach(async () => {
  process.env = { ...environment };
  await cleanUp();
});

/** Files of a local runtime, and the variables that name them. */
async function localRuntime(document: unknown, port = 0): Promise<Record<string, string>> {
  const directory = await temporaryDirectory();
  const overlay = { listen: { host: '127.0.0.1', port }, mounts: {}, hostsFile: path.join(directory, 'hosts.json') };
  await writeFile(path.join(directory, 'hosts.json'), '{}');
  await writeFile(path.join(directory, 'overlay.json'), JSON.stringify(overlay));
  await writeFile(path.join(directory, 'gateway.json'), JSON.stringify(document));
  return {
    AGENTYARD_DOCUMENT: path.join(directory, 'gateway.json'),
    AGENTYARD_LOCAL: path.join(directory, 'overlay.json'),
    LOG_LEVEL: 'silent',
  };
}

describe('startRuntime', () => {
  const parts: RuntimeParts = { routes: { '/x': { GET: (_request, response) => void response.end('served') } } };

  it('serves what it is given at the overlay’s address, and closes it at the end, once', async () => {
    Object.assign(process.env, await localRuntime(gatewayDocumentOf()));
    let closed = 0;
    const runtime = await startRuntime('gateway', gatewayDocument, ({ document }) => {
      expect(document.name).toBe('gateway');
      return { ...parts, close: () => void (closed += 1) };
    });
    expect((await send(runtime.port, { path: '/x' })).body).toBe('served');
    await Promise.all([runtime.shutdown('test'), runtime.shutdown('test')]);
    expect(closed).toBe(1);
    await expect(send(runtime.port, { path: '/x' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('starts nothing for a document with faults, and names them all', async () => {
    Object.assign(process.env, await localRuntime(gatewayDocumentOf({ name: 'Bad Name', extra: 1 })));
    let started = false;
    const starting = startRuntime('gateway', gatewayDocument, () => {
      started = true;
      return parts;
    });
    const error: unknown = await starting.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ContractError);
    expect((error as ContractError).faults.map(({ path: at }) => at).sort()).toEqual(['$.extra', '$.name']);
    expect(started).toBe(false);
  });

  it('closes what it started when the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', () => resolve()));
    onCleanUp(() => new Promise((resolve) => other.close(() => resolve())));
    Object.assign(process.env, await localRuntime(gatewayDocumentOf(), (other.address() as AddressInfo).port));
    let closed = 0;
    const starting = startRuntime('gateway', gatewayDocument, () => ({ ...parts, close: () => void (closed += 1) }));
    await expect(starting).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(closed).toBe(1);
  });
});

describe('runRuntime', () => {
  /** Starts test/served-runtime.ts in a process of its own. */
  async function run(document: unknown, more: Record<string, string> = {}) {
    const variables = { ...(await localRuntime(document)), LOG_LEVEL: 'info', ...more };
    const child = spawn(process.execPath, ['--import', 'tsx', path.join(__dirname, 'served-runtime.ts')], {
      env: { PATH: process.env.PATH, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: LogLine[] = [];
    let rest = '';
    const take = (text: string): void => {
      const all = (rest + text).split('\n');
      rest = all.pop() ?? '';
      lines.push(...all.map((line) => JSON.parse(line) as LogLine));
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
    onCleanUp(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    return { child, lines, ended };
  }

  it('exits with 78 and one line per fault for a document that it refuses', async () => {
    const { lines, ended } = await run(gatewayDocumentOf({ name: 'Bad Name', extra: 1 }));
    expect(await ended).toBe(78);
    expect(lines.map(({ level, event, path: at }) => [level, event, at])).toEqual(
      expect.arrayContaining([
        ['fatal', 'refused', '$.name'],
        ['fatal', 'refused', '$.extra'],
      ]),
    );
    expect(lines).toHaveLength(2);
  });

  it('refuses the local overlay inside Kubernetes', async () => {
    const { lines, ended } = await run(gatewayDocumentOf(), { KUBERNETES_SERVICE_HOST: '10.0.0.1' });
    expect(await ended).toBe(78);
    expect(lines).toMatchObject([{ level: 'fatal', message: expect.stringContaining('refused inside Kubernetes') }]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes what is in flight at %s, writes its last lines and exits with 0',
    async (signal) => {
      const { child, lines, ended } = await run(gatewayDocumentOf());
      const { port } = await eventually(() => lines.find(({ event }) => event === 'listening'));
      const answer = send(port as number, { path: '/until-shutdown' });
      await eventually(() => lines.some(({ event }) => event === 'waiting'));
      child.kill(signal);
      expect((await answer).body).toBe('finished');
      expect(await ended).toBe(0);
      expect(lines.map(({ event }) => event)).toEqual(expect.arrayContaining(['shutdown', 'request', 'stopped']));
      expect(lines.at(-1)).toMatchObject({ event: 'stopped' });
    },
  );

  it('exits with 0 when the grace is over, whatever is in flight', async () => {
    const { child, lines, ended } = await run(gatewayDocumentOf({ shutdown: { graceMs: 50 } }));
    const { port } = await eventually(() => lines.find(({ event }) => event === 'listening'));
    const answer = send(port as number, { path: '/never' });
    await eventually(() => lines.some(({ event }) => event === 'waiting'));
    child.kill('SIGTERM');
    expect((await answer).status).toBe(503);
    expect(await ended).toBe(0);
  });
});
