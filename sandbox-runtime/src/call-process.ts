import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonExcess } from '@agentyard/runtime-kit';
import type { CallOutcome } from './call-outcome.js';
import { CallTree } from './call-tree.js';
import { isChildAnswer, type AnswerDescriptor, type ChildRequest } from './child-protocol.js';
import type { Confinement } from './confinement.js';
import { reap } from './process-reaper.js';
import type { ProcessSampler } from './process-sampler.js';
import type { ProcessEntry, ProcessTable } from './process-table.js';
import type { StrayProcesses } from './stray-processes.js';

const ANSWER_DESCRIPTOR: AnswerDescriptor = 3;
const NEWLINE = 0x0a;
/** How much of the standard error is looked through for V8's word that the heap is full. */
const ERROR_TAIL_BYTES = 16_384;
/** Pipes of a tree that is dead close at once; this is for one that could not be killed. */
const CLOSE_PATIENCE_MS = 1000;

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
  readonly limits: CallLimits;
  readonly table: ProcessTable;
  readonly sampler: ProcessSampler;
  readonly strays: StrayProcesses;
  /** Told of processes that could not be killed. */
  onSurvivors(pids: readonly number[]): void;
}

/** One call in its own process: started, watched, and gone with all that it started when `run` resolves. */
export class CallProcess {
  private readonly callId = randomUUID();
  private readonly answer: Buffer[] = [];
  private outputBytes = 0;
  private errorTail = '';
  private exit: string | undefined;
  private stopped: CallOutcome | undefined;
  private finish: () => void = () => {};
  private readonly finished = new Promise<void>((resolve) => (this.finish = resolve));

  public constructor(
    private readonly host: CallHost,
    private readonly scratch: string,
  ) {}

  /** Runs the request until it answers, ends, crosses a limit or is cancelled. Never rejects for what a tool does. */
  public async run(request: ChildRequest, signal: AbortSignal): Promise<CallOutcome> {
    if (signal.aborted) return { kind: 'cancelled' };
    // Before a process is there that nobody would watch.
    const text = textOf(request);
    if (text === undefined) return { kind: 'crashed', detail: 'its arguments are nested too deeply' };
    const child = this.start(text);
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const tree = this.treeOf(child);
    await this.watch(tree, signal);
    if (tree !== undefined) await this.killAll(tree);
    await Promise.race([closed, sleep(CLOSE_PATIENCE_MS, undefined, { ref: false })]);
    for (const stream of child.stdio) stream?.destroy();
    return this.outcome();
  }

  private start(request: string): ChildProcess {
    const { confinement } = this.host;
    const child = spawn(process.execPath, confinement.nodeArguments(this.scratch), {
      cwd: this.scratch,
      env: confinement.environment(this.scratch, this.callId),
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
    // A process that has ended does not read its request; its exit tells why.
    child.stdin?.on('error', () => {}).end(request);
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
    const tree = new CallTree(pid, this.callId);
    this.host.strays.expect(pid, this.callId);
    child.once('exit', () => {
      tree.rootEnded();
      this.host.strays.forget(pid);
    });
    return tree;
  }

  /** Waits for the end, and brings it about when a limit is crossed or the call is cancelled. */
  private async watch(tree: CallTree | undefined, signal: AbortSignal): Promise<void> {
    const { timeoutMs } = this.host.limits;
    const cancel = () => this.stop({ kind: 'cancelled' });
    signal.addEventListener('abort', cancel, { once: true });
    const timer = setTimeout(() => this.stop({ kind: 'timeout', limit: timeoutMs }), timeoutMs);
    const unwatch = this.host.sampler.watch({
      onSnapshot: (snapshot) => this.checkTree(tree?.update(snapshot) ?? []),
      onFailure: () => this.stop({ kind: 'crashed', detail: 'its processes could not be watched' }),
    });
    await this.finished;
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    unwatch();
  }

  private receive(chunk: Buffer): void {
    this.count(chunk);
    if (this.stopped !== undefined) return;
    this.answer.push(chunk);
    if (chunk.at(-1) === NEWLINE) this.finish();
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

  private async killAll(tree: CallTree): Promise<void> {
    try {
      const left = await reap(this.host.table, tree, this.host.strays);
      if (left.length > 0) this.host.onSurvivors(left.map(({ pid }) => pid));
    } catch {
      this.host.onSurvivors([]);
    }
  }

  /** Only now is all output counted, also what was printed just before the answer. */
  private outcome(): CallOutcome {
    if (this.stopped !== undefined) return this.stopped;
    const bytes = Buffer.concat(this.answer);
    if (bytes.at(-1) === NEWLINE) return answered(bytes);
    if (this.errorTail.includes('heap out of memory')) return { kind: 'memory', limit: this.host.limits.memoryBytes };
    const when = bytes.length > 0 ? 'in the middle of its result' : 'before it returned a result';
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

/** A value that is nested deeper can be parsed, and perhaps not be written again. */
const ANSWER_LIMITS = { depth: 1_000, members: Infinity };

/** The tool shares the descriptor with the child program, so what comes may be anything. */
function answered(bytes: Buffer): CallOutcome {
  if (jsonExcess(bytes, ANSWER_LIMITS) !== undefined) {
    return { kind: 'crashed', detail: 'its result is nested too deeply' };
  }
  try {
    const answer: unknown = JSON.parse(bytes.toString('utf8'));
    if (isChildAnswer(answer)) return { kind: 'answered', answer };
  } catch {
    // Said below.
  }
  return { kind: 'crashed', detail: 'its result could not be read' };
}
