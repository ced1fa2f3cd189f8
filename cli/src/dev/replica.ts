import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { EXIT_CONFIG } from '@agentyard/runtime-kit';
import type { Fault } from 'agentyard/contract';
import { parseLogLine } from './log-line.js';
import { probe } from './probe.js';

const PROBE_UNTIL_READY_MS = 250;
const PROBE_WHEN_READY_MS = 2_000;
const KILL_AFTER_MS = 10_000;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;
/** A process that ran this long starts with the first back-off again. */
const STABLE_AFTER_MS = 60_000;
/** A descendant may hold the pipes of a process that has ended; its end counts after this time. */
const PIPES_CLOSE_WITHIN_MS = 1_000;

export interface ReplicaOptions {
  /** Main module of the runtime. */
  readonly main: string;
  /** The whole environment of the process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Working directory. */
  readonly directory: string;
  /** `fetch` that probes go through. */
  readonly fetch: typeof fetch;
  /** Takes each line that the process writes. */
  onLine(text: string): void;
  /** Takes what is to be told of the process, for example that it crashed. */
  onNotice(text: string): void;
  /** Called when the address, the readiness or the refusal has changed. */
  onChange(): void;
}

/** One process of a runtime: started, probed, started again after a crash, ended. */
export class Replica {
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();
  private port: number | undefined;
  private isReady = false;
  private stopping = false;
  private backoffMs = FIRST_BACKOFF_MS;
  private startedAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private faultLines: Fault[] = [];
  private reasons: readonly string[] = ['starting'];
  private inactive: readonly string[] = [];
  private refusal: readonly Fault[] | undefined;

  public constructor(private readonly options: ReplicaOptions) {}

  /** Where it listens, for example `127.0.0.1:4711`; absent while it does not. */
  public get address(): string | undefined {
    return this.port === undefined ? undefined : `127.0.0.1:${this.port}`;
  }

  /** Whether it may get requests. */
  public get ready(): boolean {
    return this.isReady;
  }

  /** Why it is not ready, in its own words; empty when it is. */
  public get notReadyReasons(): readonly string[] {
    return this.isReady ? [] : this.reasons;
  }

  /** Layers of the kernel that do not confine its tools here, as it says itself. */
  public get inactiveLayers(): readonly string[] {
    return this.inactive;
  }

  /** What its document has wrong, once it exited for that; such a process is not started again. */
  public get faults(): readonly Fault[] | undefined {
    return this.refusal;
  }

  /** Process id, while there is a process. */
  public get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Starts the process, in this process's group: a signal of the terminal reaches it too. */
  public start(): void {
    const { main, environment, directory } = this.options;
    this.startedAt = Date.now();
    this.faultLines = [];
    const child = spawn(process.execPath, [main], {
      cwd: directory,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.readLines(child.stdout);
    this.readLines(child.stderr);
    this.ended = endOf(child).then(({ code, signal }) => this.onEnd(code, signal));
  }

  /** Ends the process: SIGTERM, and SIGKILL after 10 s. */
  public async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    this.isReady = false;
    this.child?.kill('SIGTERM');
    const killer = setTimeout(() => this.kill(), KILL_AFTER_MS);
    await this.ended;
    clearTimeout(killer);
  }

  /** Kills the process at once. */
  public kill(): void {
    this.stopping = true;
    this.child?.kill('SIGKILL');
  }

  private readLines(stream: Readable): void {
    createInterface({ input: stream }).on('line', (text) => {
      this.options.onLine(text);
      const line = parseLogLine(text);
      if (line?.event === 'listening' && typeof line.port === 'number') this.onListening(line.port);
      if (line?.event === 'isolation' && Array.isArray(line.inactive)) this.inactive = line.inactive.map(String);
      if (line?.event === 'refused') this.faultLines.push({ path: String(line.path), message: String(line.message) });
    });
  }

  private onListening(port: number): void {
    if (this.port !== undefined || this.stopping) return;
    this.port = port;
    void this.probeLoop(this.child);
  }

  private async probeLoop(child: ChildProcess | undefined): Promise<void> {
    const reasons = await probe(this.options.fetch, `http://${this.address}/readyz`);
    if (this.stopping || child !== this.child) return;
    const wasReady = this.isReady;
    this.reasons = reasons;
    this.isReady = reasons.length === 0;
    if (wasReady && !this.isReady) this.options.onNotice(`not ready any more: ${reasons.join('; ')}`);
    if (wasReady !== this.isReady) this.options.onChange();
    this.timer = setTimeout(
      () => void this.probeLoop(child),
      this.isReady ? PROBE_WHEN_READY_MS : PROBE_UNTIL_READY_MS,
    );
  }

  private onEnd(code: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(this.timer);
    this.child = undefined;
    this.port = undefined;
    this.isReady = false;
    if (this.stopping) return;
    const how = signal === null ? `exit code ${code}` : signal;
    this.reasons = [`ended with ${how}`];
    if (code === EXIT_CONFIG) {
      this.refusal = this.faultLines;
    } else {
      this.restartLater(how);
    }
    this.options.onChange();
  }

  private restartLater(how: string): void {
    if (Date.now() - this.startedAt >= STABLE_AFTER_MS) this.backoffMs = FIRST_BACKOFF_MS;
    this.options.onNotice(`ended with ${how}; it is started again in ${this.backoffMs / 1000} s`);
    this.timer = setTimeout(() => this.start(), this.backoffMs);
    this.backoffMs = Math.min(this.backoffMs * 2, LONGEST_BACKOFF_MS);
  }
}

interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Resolves when the process is gone and its output was read. */
function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null }));
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('exit', (code, signal) => {
      setTimeout(() => resolve({ code, signal }), PIPES_CLOSE_WITHIN_MS).unref();
    });
  });
}
