import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import { freePort } from '../../../gateway-runtime/test/fixture';
import { onCleanUp } from '../../../runtime-kit/test/test-resources';

/** What an upstream is: an MCP server of one era, a toolset of ours, or an agent. */
export type UpstreamKind = 'modern' | 'legacy' | 'toolset' | 'agent';

/** How it answers. */
export type UpstreamMode = 'well' | 'nonsense';

export interface UpstreamArgument {
  readonly name: string;
  readonly kind: UpstreamKind;
  readonly port: number;
  readonly seed: number;
}

/** What upstreams tell. */
export interface UpstreamListener {
  /** A request with this id came. */
  seen(requestId: string, upstream: string): void;
  /** Something came that must not come. */
  violated(text: string): void;
}

const CACHE = path.join(__dirname, '../../../node_modules/.cache');

/** Bundles the program of upstreams, so that they start at once. @returns its file */
export function buildUpstream(): string {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(path.join(CACHE, 'faults-'));
  onCleanUp(() => rmSync(folder, { recursive: true, force: true }));
  const outfile = path.join(folder, 'upstream.mjs');
  const entry = path.join(__dirname, 'upstream-process.ts');
  buildSync({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'error' });
  return outfile;
}

/** An upstream of the fault test: a process that is killed, held up, started anew and made to talk nonsense. */
export class Upstream {
  public static async create(
    name: string,
    kind: UpstreamKind,
    seed: number,
    program: string,
    listener: UpstreamListener,
  ): Promise<Upstream> {
    const upstream = new Upstream({ name, kind, seed, port: await freePort() }, program, listener);
    onCleanUp(() => upstream.kill());
    await upstream.start();
    return upstream;
  }

  private child: ChildProcess | undefined;
  private closed: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly argument: UpstreamArgument,
    private readonly program: string,
    private readonly listener: UpstreamListener,
  ) {}

  public get name(): string {
    return this.argument.name;
  }

  public get kind(): UpstreamKind {
    return this.argument.kind;
  }

  public get address(): string {
    return `127.0.0.1:${this.argument.port}`;
  }

  /** Starts it, and waits until it listens. */
  public async start(): Promise<void> {
    const child = spawn(process.execPath, [this.program, JSON.stringify(this.argument)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.child = child;
    this.closed = once(child, 'close');
    await new Promise<void>((resolve) => {
      createInterface({ input: child.stdout! }).on('line', (line) => {
        if (line === 'listening') resolve();
        else this.take(line);
      });
    });
  }

  /** Ends it at once. */
  public async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.closed;
  }

  /** Holds it up: it takes connections, and says nothing. */
  public stall(): void {
    this.child?.kill('SIGSTOP');
  }

  public goOn(): void {
    this.child?.kill('SIGCONT');
  }

  public answer(mode: UpstreamMode): void {
    this.child?.send(mode);
  }

  private take(line: string): void {
    if (line.startsWith('! ')) return this.listener.violated(line.slice(2));
    this.listener.seen(line, this.name);
  }
}
