import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GatewayDocumentInput } from 'agentyard/contract';
import type { HostMap } from '@agentyard/runtime-kit';
import { eventually, onCleanUp, temporaryDirectory } from '../fixture';
import { provideIdentity } from '../identity-files';

/** The gateway as it is shipped: bundled by the global setup of the run. */
const BUNDLE = path.join(__dirname, '..', '..', 'dist', 'main.mjs');

/** A gateway in a process of its own. */
export interface GatewayProcess {
  readonly url: string;
  readonly pid: number;
  /** Its log so far. */
  lines(): Readonly<Record<string, unknown>>[];
  /** All that it has written so far. */
  text(): string;
  /** Whether it is still there. */
  isRunning(): boolean;
}

export interface GatewayProcessOptions {
  readonly document: GatewayDocumentInput;
  readonly hosts?: HostMap;
  /** Mounted files, by their paths below `/etc/agentyard`. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Starts one on loopback, and waits until it is ready. */
export async function startGatewayProcess({
  document,
  hosts = {},
  files = {},
}: GatewayProcessOptions): Promise<GatewayProcess> {
  const directory = await temporaryDirectory();
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
    await writeFile(path.join(directory, file), text);
  };
  await provideIdentity(directory, document);
  await write('hosts.json', JSON.stringify(hosts));
  await write('gateway.json', JSON.stringify(document));
  await write(
    'overlay.json',
    JSON.stringify({
      listen: { host: '127.0.0.1', port: 0 },
      mounts: { '/etc/agentyard': directory },
      hostsFile: path.join(directory, 'hosts.json'),
    }),
  );
  for (const [file, text] of Object.entries(files)) await write(file, text);
  return run(path.join(directory, 'overlay.json'));
}

async function run(overlay: string): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [BUNDLE], {
    env: { PATH: process.env.PATH, AGENTYARD_LOCAL: overlay },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => void (text += piece));
  }
  const ended = new Promise((resolve) => child.once('close', resolve));
  onCleanUp(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines = () =>
    text
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const started = await eventually(() => {
    if (!isRunning()) throw new Error(`the gateway has ended: ${text}`);
    return lines().find(({ event }) => event === 'listening');
  });
  const url = `http://127.0.0.1:${String(started.port)}`;
  await eventually(async () => (await fetch(`${url}/readyz`)).status === 200);
  return { url, pid: child.pid ?? 0, lines, text: () => text, isRunning };
}
