import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { INVOKE, type Operation, type Question } from './cell';
import type { Contender, RunningContender, Stage } from './contender';
import { ScriptChild } from '../processes/script-child';

/** Programs that only this bench needs, with their own lockfile. */
const FOLDER = path.join(__dirname, 'peers');

/** Ports of a peer that answers as its configuration says, and not as the upstream does. */
type Ports = Readonly<Record<Question['form'], number>>;

export const PASS_THROUGH = 'pass-through';
export const MCP_PROXY = 'mcp-proxy';

/** A reverse proxy on Node.js that does nothing but pass on. */
export const passThrough: Contender = { name: PASS_THROUGH, start: (stage) => startPeer(PASS_THROUGH, stage) };

const takes = ({ method }: Operation): boolean => method !== INVOKE;

/** `mcp-proxy` as a library, for MCP alone. */
export const mcpProxy: Contender = { name: MCP_PROXY, takes, start: (stage) => startPeer(MCP_PROXY, stage) };

/** A gateway that is a server and clients of the MCP SDK, for MCP alone. */
export const sdkGateway: Contender = { name: 'SDK v2', takes, start: (stage) => startPeer('sdk-gateway', stage) };

/** Installs the peers where they are missing. */
export function installPeers(): void {
  const wanted = Object.entries(dependenciesOf(FOLDER)).map(([name, version]) => ({ name, version }));
  if (wanted.every(({ name, version }) => versionOf(name) === version)) return;
  execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Versions of the peers, by name. */
export function peerVersions(): Readonly<Record<string, string>> {
  return dependenciesOf(FOLDER);
}

async function startPeer(name: string, { upstreamPort: port }: Stage): Promise<RunningContender> {
  const script = path.join(FOLDER, `${name}-process.mjs`);
  const { child, ready } = await ScriptChild.start<Ports>(name, script, { port });
  return {
    pids: [child.pid],
    targetOf: ({ form }) => ({ port: ready[form], headers: {} }),
    stop: () => child.stop(),
  };
}

interface Package {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function dependenciesOf(folder: string): Readonly<Record<string, string>> {
  return read(path.join(folder, 'package.json')).dependencies ?? {};
}

function versionOf(name: string): string | undefined {
  const file = path.join(FOLDER, 'node_modules', name, 'package.json');
  return existsSync(file) ? read(file).version : undefined;
}

function read(file: string): Package {
  return JSON.parse(readFileSync(file, 'utf8')) as Package;
}
