import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { HostMap, LocalOverlay } from '@agentyard/runtime-kit';
import type { AgentDocumentInput } from 'agentyard/contract';
import { build, type Metafile } from 'esbuild';
import { IDENTITY_MOUNT, identityIn, invocationHeaders } from './running-agent';

const ROOT = path.join(__dirname, '../..');

/** The runtime as images run it: bundled, one chunk per provider. */
export class AgentBundle {
  private constructor(
    public readonly folder: string,
    public readonly metafile: Metafile,
  ) {}

  public static async build(): Promise<AgentBundle> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'agent-runtime-bundle-'));
    const { metafile } = await build({
      entryPoints: [path.join(ROOT, 'agent-runtime/src/main.ts')],
      outdir: folder,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      outExtension: { '.js': '.mjs' },
      tsconfig: path.join(ROOT, 'tsconfig.json'),
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      metafile: true,
      logLevel: 'error',
    });
    return new AgentBundle(folder, metafile);
  }

  /** npm packages that are loaded when the runtime starts, before any import on demand. */
  public packagesAtStart(): Set<string> {
    const outputs = this.metafile.outputs;
    const main = Object.keys(outputs).find((file) => outputs[file]!.entryPoint?.endsWith('agent-runtime/src/main.ts'));
    const reached = new Set<string>();
    const queue = [main!];
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      if (reached.has(file)) continue;
      reached.add(file);
      queue.push(
        ...outputs[file]!.imports.filter(({ kind, external }) => kind === 'import-statement' && !external).map(
          (i) => i.path,
        ),
      );
    }
    const inputs = [...reached].flatMap((file) => Object.keys(outputs[file]!.inputs));
    return new Set(inputs.flatMap((input) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []));
  }

  public remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

/** The runtime as a process of its own. */
export class AgentProcess {
  public readonly stdout: string[] = [];
  public readonly stderr: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** What the gateway sends along with a request for a user. */
    public readonly headers: Readonly<Record<string, string>>,
  ) {
    createInterface({ input: child.stdout! }).on('line', (line) => this.stdout.push(line));
    createInterface({ input: child.stderr! }).on('line', (line) => this.stderr.push(line));
  }

  public static async start(
    bundle: AgentBundle,
    document: AgentDocumentInput,
    environment: NodeJS.ProcessEnv,
    hosts: HostMap = {},
  ): Promise<AgentProcess> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'agent-runtime-process-'));
    const file = (name: string) => path.join(folder, name);
    const headers = await invocationHeaders(await identityIn(folder));
    const mounts = { [IDENTITY_MOUNT]: folder };
    const overlay: LocalOverlay = { listen: { host: '127.0.0.1', port: 0 }, mounts, hostsFile: file('hosts.json') };
    await writeFile(file('agent.json'), JSON.stringify(document));
    await writeFile(file('local.json'), JSON.stringify(overlay));
    await writeFile(file('hosts.json'), JSON.stringify(hosts));
    const child = spawn(process.execPath, [path.join(bundle.folder, 'main.mjs')], {
      env: { ...environment, AGENTYARD_DOCUMENT: file('agent.json'), AGENTYARD_LOCAL: file('local.json') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new AgentProcess(child, folder, headers);
  }

  /** Where it listens, once it does. */
  public async url(): Promise<string> {
    for (;;) {
      const line = this.stdout.find((candidate) => candidate.includes('"event":"listening"'));
      if (line !== undefined) return `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`;
      if (this.child.exitCode !== null) throw new Error(`the agent exited: ${this.stderr.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Asks it to end if it has not yet. @returns its exit code */
  public async end(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'close');
      this.child.kill('SIGTERM');
      await exited;
    }
    await rm(this.folder, { recursive: true, force: true });
    return this.child.exitCode;
  }

  /** Waits until it has ended of its own accord. */
  public async exit(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, 'close');
    return this.end();
  }
}
