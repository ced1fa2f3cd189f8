import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { CallAnswer } from './call-answer.js';
import type { CallOutcome } from './call-outcome.js';
import { CallTree } from './call-tree.js';
import type { AnswerDescriptor, ChildModule, ChildRequest } from './child-protocol.js';
import type { Confinement } from './confinement.js';
import type { Launch, ProcessLauncher } from './kernel/kernel-launcher.js';
import { LAUNCH_FAILED } from './kernel/launcher-image.js';
import { reapTree } from './process-reaper.js';
import type { ProcessSampler } from './process-sampler.js';
import type { ProcessEntry, ProcessTable } from './process-table.js';
import type { ScratchFolder } from './scratch-folders.js';
import type { StrayProcesses } from './stray-processes.js';

const ANSWER_DESCRIPTOR: AnswerDescriptor = 3;
/** How much of the standard error is looked through for V8's word that the heap is full. */
const ERROR_TAIL_BYTES = 16_384;
/** Pipes of a tree that is dead close at once; this is for one that could not be killed. */
const CLOSE_PATIENCE_MS = 1000;

/** How long a process takes at most, as a rule, to be halted, and how often that is looked at. */
const SETTLE_MS = 2;
const MOST_LOOKS = 50;

/** Limits of one call, as in the toolset document. */
export interface CallLimits {
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly maxProcesses: number;
  readonly outputBytes: number;
}

/** What all calls of a toolset have in common. */
export interface CallHost {
  readonly confinement: Confinement;
  readonly launcher: ProcessLauncher;
  readonly limits: CallLimits;
  readonly table: ProcessTable;
  readonly sampler: ProcessSampler;
  readonly strays: StrayProcesses;
  /** Told of processes that could not be killed. */
  onSurvivors(pids: readonly number[]): void;
  /** Told of a folder that could not be removed. */
  onFolderLeft(error: unknown): void;
}

/**
 * The process of one call. It loads the tool's module at once, may be halted until there is a call, runs that, and is
 * gone with all that it started when `end` resolves.
 */
export class CallProcess {
  private readonly child: ChildProcess;
  private readonly tree: CallTree | undefined;
  private readonly closed: Promise<void>;
  private readonly answer = new CallAnswer();
  private readonly unwatch: () => void;
  private outputBytes = 0;
  private errorTail = '';
  private exit: string | undefined;
  private stopped: CallOutcome | undefined;
  private isHalted = false;
  private isTaken = false;
  private ending: Promise<void> | undefined;
  private noteLoaded: () => void = () => {};
  private finish: () => void = () => {};
  private readonly loaded = new Promise<void>((resolve) => (this.noteLoaded = resolve));
  /** Resolves when it answers, ends or is stopped. */
  public readonly finished = new Promise<void>((resolve) => (this.finish = resolve));

  /** Starts the process. @param folder the one that it may write to; removed with it */
  public constructor(
    private readonly host: CallHost,
    private readonly folder: ScratchFolder,
    module: ChildModule,
  ) {
    const { confinement, launcher } = this.host;
    const launch = launcher.launch(confinement.nodeArguments(folder.path), folder.path);
    this.child = this.start(launch);
    this.closed = new Promise((resolve) => this.child.once('close', () => resolve()));
    this.tree = this.treeOf(this.child);
    this.unwatch = this.watchTree();
    // A process that has ended does not read; its exit tells why.
    this.child.stdin
      ?.on('error', () => {})
      .write(Buffer.concat([launch.plan, Buffer.from(`${JSON.stringify(module)}\n`)]));
  }

  /** Absolute path of the folder that the call may write to. */
  public get scratch(): string {
    return this.folder.path;
  }

  /** Whether it has loaded its module and waits, halted. */
  public get isWarm(): boolean {
    return this.isHalted;
  }

  /**
   * Halts the process as soon as its module is loaded: nothing of it runs until the call. One that is asked to run meanwhile runs.
   *
   * @returns whether it may be kept: its module has loaded in the time of a call, and started nothing
   */
  public async warm(): Promise<boolean> {
    const { timeoutMs } = this.host.limits;
    const tooLong = () => {
      if (!this.isTaken) this.stop({ kind: 'timeout', limit: timeoutMs });
    };
    const timer = setTimeout(tooLong, timeoutMs);
    await Promise.race([this.loaded, this.finished]);
    clearTimeout(timer);
    if (this.isTaken) return true;
    for (let tries = 0; tries < MOST_LOOKS; tries += 1) {
      this.halt();
      await sleep(SETTLE_MS);
      if (this.isHarmless(await this.host.table.snapshot())) return true;
      if (this.isOver) return false;
    }
    return false;
  }

  /** Halts it, once more if another process has had it run on. */
  public halt(): void {
    if (!this.isTaken && !this.isOver) this.isHalted = this.signal('SIGSTOP');
  }

  /** Whether it may be kept until there is a call: it is one process, which is halted and within its limits. */
  public isHarmless(snapshot: readonly ProcessEntry[]): boolean {
    if (this.isTaken) return true;
    const running = this.tree?.update(snapshot) ?? [];
    this.checkTree(running);
    return !this.isOver && running.length === 1 && running.every(({ isHalted }) => isHalted);
  }

  /**
   * Runs the request until it answers, ends, crosses a limit or is cancelled. Never rejects for what a tool does. To be
   * called once; what it has started ends with `end`.
   */
  public async run(request: ChildRequest, timeoutMs: number, signal: AbortSignal): Promise<CallOutcome> {
    this.isTaken = true;
    if (signal.aborted) return { kind: 'cancelled' };
    const text = textOf(request);
    if (text === undefined) return { kind: 'crashed', detail: 'its arguments are nested too deeply' };
    this.child.stdin?.end(`${text}\n`);
    if (this.isHalted) this.resume();
    await this.watch(timeoutMs, signal);
    if (this.stopped === undefined && this.answer.isComplete) {
      // What was printed before the answer is in the pipes: two turns read it.
      await turn();
      await turn();
    }
    if (this.stopped === undefined && this.answer.isComplete) return this.answer.outcome();
    // What is printed at the end tells more.
    await this.end();
    return this.outcome();
  }

  /** Kills all that it has started, and removes its folder. */
  public end(): Promise<void> {
    return (this.ending ??= this.tearDown());
  }

  private get isOver(): boolean {
    return this.stopped !== undefined || this.exit !== undefined || this.answer.isComplete;
  }

  private start({ file, arguments: given }: Launch): ChildProcess {
    const { path, id } = this.folder;
    const child = spawn(file, given, {
      cwd: path,
      env: this.host.confinement.environment(path, id),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      this.stop({ kind: 'crashed', detail: `it could not be started (${error.code ?? 'unknown reason'})` });
    });
    child.once('exit', (code, killedBy) => {
      this.exit = killedBy === null ? `it exited with code ${code}` : `it was ended by ${killedBy}`;
      this.finish();
    });
    child.stdout?.on('data', (chunk: Buffer) => this.count(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.count(chunk);
      this.errorTail = (this.errorTail + chunk.toString('latin1')).slice(-ERROR_TAIL_BYTES);
    });
    (child.stdio[ANSWER_DESCRIPTOR] as Readable | null | undefined)?.on('data', (chunk: Buffer) => this.receive(chunk));
    return child;
  }

  /** @returns undefined if the process could not be started */
  private treeOf(child: ChildProcess): CallTree | undefined {
    const { pid } = child;
    if (pid === undefined) return undefined;
    const tree = new CallTree(pid, this.folder.id);
    this.host.strays.expect(pid, this.folder.id);
    child.once('exit', () => {
      tree.rootEnded();
      this.host.strays.forget(pid);
    });
    return tree;
  }

  private watchTree(): () => void {
    const isIdle = () => this.isHalted && !this.isTaken;
    return this.host.sampler.watch({
      // What is halted cannot run; but a tool of another call can have it run on.
      get isIdle() {
        return isIdle();
      },
      onSnapshot: (snapshot) => this.checkTree(this.tree?.update(snapshot) ?? []),
      onFailure: () => this.stop({ kind: 'crashed', detail: 'its processes could not be watched' }),
    });
  }

  private resume(): void {
    this.host.sampler.wake();
    this.signal('SIGCONT');
  }

  /** To its process group, which all are in that have not left it. @returns whether it is there */
  private signal(name: 'SIGSTOP' | 'SIGCONT'): boolean {
    const { pid } = this.child;
    if (pid === undefined || this.exit !== undefined) return false;
    try {
      return process.kill(-pid, name);
    } catch {
      return false;
    }
  }

  /** Waits for the end, and brings it about when time is over or the call is cancelled. */
  private async watch(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const cancel = () => this.stop({ kind: 'cancelled' });
    signal.addEventListener('abort', cancel, { once: true });
    const timer = setTimeout(() => this.stop({ kind: 'timeout', limit: timeoutMs }), timeoutMs);
    await this.finished;
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }

  private receive(chunk: Buffer): void {
    this.count(chunk);
    if (this.stopped !== undefined) return;
    this.answer.add(chunk);
    if (this.answer.isReady) this.noteLoaded();
    if (this.answer.isComplete) this.finish();
  }

  private count(chunk: Buffer): void {
    this.outputBytes += chunk.length;
    const { outputBytes } = this.host.limits;
    if (this.outputBytes > outputBytes) this.stop({ kind: 'output', limit: outputBytes });
  }

  private checkTree(running: readonly ProcessEntry[]): void {
    const { memoryBytes, maxProcesses } = this.host.limits;
    // Many processes take much memory too: the number of them is the better reason.
    if (running.length > maxProcesses) this.stop({ kind: 'processes', limit: maxProcesses });
    const residentBytes = running.reduce((sum, entry) => sum + entry.residentBytes, 0);
    if (residentBytes > memoryBytes) this.stop({ kind: 'memory', limit: memoryBytes });
  }

  /** The first reason counts. */
  private stop(outcome: CallOutcome): void {
    this.stopped ??= outcome;
    this.finish();
  }

  private async tearDown(): Promise<void> {
    this.isTaken = true;
    this.unwatch();
    if (this.tree !== undefined) await reapTree(this.host, this.tree);
    await Promise.race([this.closed, sleep(CLOSE_PATIENCE_MS, undefined, { ref: false })]);
    for (const stream of this.child.stdio) stream?.destroy();
    await this.folder.remove().catch((error: unknown) => this.host.onFolderLeft(error));
  }

  /** Only when all pipes are closed is all output counted, also what was printed just before the end. */
  private outcome(): CallOutcome {
    if (this.stopped !== undefined) return this.stopped;
    if (this.answer.isComplete) return this.answer.outcome();
    if (this.errorTail.includes('heap out of memory')) return { kind: 'memory', limit: this.host.limits.memoryBytes };
    if (this.child.exitCode === LAUNCH_FAILED && !this.answer.isReady && this.answer.isEmpty) {
      return { kind: 'crashed', detail: 'it could not be confined, or its module ended it' };
    }
    const when = this.answer.isEmpty ? 'before it returned a result' : 'in the middle of its result';
    return { kind: 'crashed', detail: `${this.exit ?? 'it ended'} ${when}` };
  }
}

/** @returns undefined if the request is nested so deeply that it can be parsed, but not written */
function textOf(request: ChildRequest): string | undefined {
  try {
    return JSON.stringify(request);
  } catch {
    return undefined;
  }
}
