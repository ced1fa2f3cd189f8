import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { TIME_LEFT_HEADER, type AgentDocumentInput } from 'agentyard/contract';
import {
  documentOf,
  identityIn,
  IDENTITY_MOUNT,
  invocationHeaders,
  weather,
} from '../../agent-runtime/test/running-agent';
import { Child } from '../processes/child';
import { MODEL_ID, TOOL } from './question';

const ROOT = path.join(__dirname, '../..');
const CACHE = path.join(ROOT, 'node_modules/.cache');
const MAIN = path.join(ROOT, 'agent-runtime/dist/main.mjs');

/** Has the kernel run a process on the first core alone. */
const ONE_CORE = ['taskset', '-c', '0'];

/** What stands behind the agents. */
export interface Backing {
  readonly modelPort: number;
  readonly toolsetPort: number;
  /** URL of the telemetry collector. */
  readonly traces: string;
}

/** An agent that runs. */
export interface RunningAgent {
  readonly pid: number;
  readonly port: number;
  /** From the start of its process until it said that it listens and was ready, in milliseconds. */
  readonly readyMs: number;
  /** What a request has to bring; it is good for a minute. */
  headers(): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  start(backing: Backing, onOneCore?: boolean): Promise<RunningAgent>;
}

/** A folder of the bench, which goes with it, and the plain loop in it, bundled as the runtimes are. */
export function prepare(): string {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(path.join(CACHE, 'bench-agent-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  buildSync({
    entryPoints: ['plain-loop', 'backing-process'].map((name) => path.join(__dirname, `${name}.ts`)),
    outdir: folder,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    outExtension: { '.js': '.mjs' },
    tsconfig: path.join(ROOT, 'tsconfig.json'),
    banner: { js: banner },
    minifyWhitespace: true,
    logLevel: 'error',
  });
  return folder;
}

/** The loop in one file. */
export function plainLoop(folder: string): Contender {
  return {
    name: 'plain ai loop',
    start: ({ modelPort, toolsetPort, traces }, onOneCore) => {
      const modelUrl = `http://127.0.0.1:${modelPort}/v1`;
      const settings = { modelUrl, toolsetUrl: `http://127.0.0.1:${toolsetPort}/mcp`, traces };
      const command = [process.execPath, path.join(folder, 'plain-loop.mjs'), JSON.stringify(settings)];
      const headers = () => Promise.resolve({ 'content-type': 'application/json' });
      return launched('plain ai loop', onOneCore ? [...ONE_CORE, ...command] : command, {}, headers);
    },
  };
}

/** The agent of this project as it is shipped: it checks its callers, keeps limits, and writes a line for each request. */
export function ownAgent(folder: string): Contender {
  return {
    name: 'agentyard',
    start: async (backing, onOneCore) => {
      const identity = await identityIn(folder);
      const file = (name: string) => path.join(folder, name);
      const files = {
        'agent.json': documentFor(backing),
        'hosts.json': { 'weather:8080': [`127.0.0.1:${backing.toolsetPort}`] },
        'local.json': {
          listen: { host: '127.0.0.1', port: 0 },
          mounts: { [IDENTITY_MOUNT]: folder },
          hostsFile: file('hosts.json'),
        },
      };
      for (const [name, content] of Object.entries(files)) writeFileSync(file(name), JSON.stringify(content));
      const env = { AGENTYARD_DOCUMENT: file('agent.json'), AGENTYARD_LOCAL: file('local.json'), MODEL_KEY: 'key' };
      const command = [process.execPath, MAIN];
      return launched('agentyard', onOneCore ? [...ONE_CORE, ...command] : command, env, async () => ({
        ...(await invocationHeaders(identity)),
        accept: 'text/event-stream',
        [TIME_LEFT_HEADER]: '60000',
      }));
    },
  };
}

function documentFor({ modelPort, traces }: Backing): AgentDocumentInput {
  const baseUrl = `http://127.0.0.1:${modelPort}/v1`;
  return {
    ...documentOf({
      model: { provider: 'openaiCompatible', modelId: MODEL_ID, baseUrl, apiKeyEnv: 'MODEL_KEY' },
      prompt: 'Answer.',
      limits: { maxOutputTokens: 10_000 },
      toolsets: [weather(TOOL.name)],
      tracing: { endpoint: traces },
    }),
    listen: { port: 8080, metricsPort: 9464 },
  };
}

async function launched(
  name: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  headers: RunningAgent['headers'],
): Promise<RunningAgent> {
  const started = performance.now();
  let text = '';
  let told: (port: number) => void = () => undefined;
  const listening = new Promise<number>((resolve) => (told = resolve));
  const onOutput = (chunk: Buffer): void => {
    if (text.length > 100_000) return;
    text += chunk.toString();
    const line = text.split('\n').find((each) => each.includes('"event":"listening"') && each.endsWith('}'));
    if (line !== undefined) told((JSON.parse(line) as { port: number }).port);
  };
  const child = new Child(name, command, { env: { PATH: process.env.PATH, ...env }, onOutput });
  const port = await child.within(listening);
  while (!(await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
  const readyMs = performance.now() - started;
  return { pid: child.pid, port, readyMs, headers, stop: () => child.stop() };
}
