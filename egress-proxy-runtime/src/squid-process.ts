import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@agentyard/runtime-kit';
import { backOffMs, STEADY_MS } from './back-off.js';
import { openConnections } from './open-connections.js';
import { squidMessage } from './squid-message.js';

/** How long Squid may take to end at once. */
const INTERRUPT_MS = 3_000;

/** How often an ending Squid is asked for its open connections. */
const LOOK_MS = 200;

/** The Squid that runs as a child of this process, and is started again when it dies. */
export class SquidProcess {
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private deaths = 0;

  /** @param onStart called before each start of the process */
  public constructor(
    private readonly conf: string,
    private readonly directory: string,
    private readonly log: Logger,
    private readonly onStart: () => void,
  ) {}

  /** Whether there is a process. */
  public get isRunning(): boolean {
    return this.child !== undefined;
  }

  /** Starts it. From now on it is started again when it dies. */
  public start(): void {
    clearTimeout(this.timer);
    this.onStart();
    const started = Date.now();
    // Its shared memory has the name of its service: two on one machine must not take each other's.
    const service = `agentyard${process.pid}`;
    const child = spawn('squid', ['-N', '-n', service, '-d', '1', '-f', this.conf], {
      cwd: this.directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    createInterface({ input: child.stderr }).on('line', (line) => this.pass(line));
    child.once('error', (error) => this.died(child, started, error.message));
    child.once('exit', (code, signal) => this.died(child, started, signal ?? `exit code ${code}`));
    this.log.info({ event: 'squid-started', pid: child.pid }, 'Squid started');
  }

  /** Lets it read its file again. */
  public reconfigure(): void {
    this.child?.kill('SIGHUP');
  }

  /** Ends it without warning, as when it hangs; it is started again. */
  public kill(): void {
    this.child?.kill('SIGKILL');
  }

  /** Ends it with all that is open. */
  public async stop(): Promise<void> {
    await interrupt(this.release());
  }

  /** Takes no new connections, and ends when those at `ports` have ended, or `graceMs` is over. */
  public async drain(ports: readonly number[], graceMs: number): Promise<void> {
    const child = this.release();
    child?.kill('SIGTERM');
    const end = Date.now() + graceMs;
    while (Date.now() < end && isAlive(child) && (await openConnections(ports)) !== 0) {
      await sleep(Math.min(LOOK_MS, Math.max(1, end - Date.now())));
    }
    await interrupt(child);
  }

  /** From now on it is not started again. */
  private release(): ChildProcess | undefined {
    clearTimeout(this.timer);
    const child = this.child;
    this.child = undefined;
    return child;
  }

  private died(child: ChildProcess, started: number, why: string): void {
    if (this.child !== child) return;
    this.child = undefined;
    this.deaths = Date.now() - started >= STEADY_MS ? 1 : this.deaths + 1;
    const delayMs = backOffMs(this.deaths);
    this.log.error({ event: 'squid-died', why, restartInMs: delayMs }, 'Squid died');
    this.timer = setTimeout(() => this.start(), delayMs);
  }

  private pass(line: string): void {
    const { level, text } = squidMessage(line);
    if (text !== '') this.log[level]({ event: 'squid' }, text);
  }
}

function isAlive(child: ChildProcess | undefined): child is ChildProcess {
  return child?.exitCode === null && child.signalCode === null;
}

async function interrupt(child: ChildProcess | undefined): Promise<void> {
  if (!isAlive(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGINT');
  const killer = setTimeout(() => child.kill('SIGKILL'), INTERRUPT_MS);
  await exit;
  clearTimeout(killer);
}
