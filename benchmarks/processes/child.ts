import { spawn, type ChildProcess } from 'node:child_process';

/** How long a process may take to end when it is asked to, in milliseconds. */
const END_MS = 10_000;

/** How much of what a process writes to standard error is kept, for the case that it fails. */
const TAIL = 2_000;

const running = new Set<Child>();

/** Sees to it that no process is left behind, however the bench ends. */
export function endChildrenAtExit(): void {
  process.on('exit', () => running.forEach((child) => child.kill()));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
}

export interface ChildOptions {
  /** @default - that of the bench */
  readonly env?: NodeJS.ProcessEnv;
  /** Takes what it writes to standard output. @default - thrown away */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Whether it speaks with the bench. */
  readonly hasChannel?: boolean;
}

/** A process that the bench has started, in a group of its own that is ended as a whole, and with the bench. */
export class Child {
  protected readonly process: ChildProcess;
  /** Never resolves; rejects when it ends before it is asked to. */
  protected readonly failure: Promise<never>;
  private readonly ended: Promise<void>;
  private tail = '';
  private stopping = false;

  public constructor(
    public readonly name: string,
    command: readonly string[],
    { env, onOutput, hasChannel }: ChildOptions = {},
  ) {
    // Even a bench that is killed leaves nothing behind.
    this.process = spawn('setpriv', ['--pdeathsig', 'TERM', ...command], {
      stdio: ['ignore', onOutput === undefined ? 'ignore' : 'pipe', 'pipe', ...(hasChannel ? (['ipc'] as const) : [])],
      detached: true,
      env: env ?? process.env,
    });
    running.add(this);
    const keep = (text: Buffer | Error): void => void (this.tail = (this.tail + String(text)).slice(-TAIL));
    this.process.stdout?.on('data', (chunk: Buffer) => onOutput?.(chunk));
    this.process.stderr?.on('data', keep);
    this.process.on('error', keep);
    this.ended = new Promise((resolve) => this.process.once('close', () => resolve()));
    this.failure = this.fail();
    this.failure.catch(() => undefined);
  }

  public get pid(): number {
    return this.process.pid!;
  }

  /** Waits for something of the process. @throws Error when it ends before */
  public async within<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.failure]);
  }

  /** Ends the process, and waits for that. */
  public async stop(): Promise<void> {
    this.stopping = true;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), END_MS);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends the group of the process at once. */
  public kill(): void {
    this.stopping = true;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // It is gone.
    }
  }

  private async fail(): Promise<never> {
    await this.ended;
    running.delete(this);
    if (this.stopping) return new Promise<never>(() => undefined);
    throw new Error(`${this.name} has ended: ${this.tail}`);
  }
}
