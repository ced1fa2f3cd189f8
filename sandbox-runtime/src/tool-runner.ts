import { setTimeout as sleep } from 'node:timers/promises';
import type { Load, Logger, Metrics } from '@agentyard/runtime-kit';
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { ToolsetDocument, UnmetRule } from 'agentyard/contract';
import { Admission, Overloaded, type Place } from './admission.js';
import { describeFailure, type CallOutcome } from './call-outcome.js';
import { CallProcess, type CallHost } from './call-process.js';
import { CallRecords } from './call-records.js';
import type { ChildAnswer, ChildModule, ChildRequest } from './child-protocol.js';
import type { CodeCheck } from './code-check.js';
import { HostPaths } from './host-paths.js';
import type { ScratchFolders } from './scratch-folders.js';
import type { DenialReason } from './tool-access.js';
import { failed, refuse, type Patience, type ToolCallEnd, type ToolCalls, type Verdict } from './tool-calls.js';
import { toolResultOf } from './tool-result.js';
import type { ToolSchemas } from './tool-schemas.js';
import { WarmProcesses } from './warm-processes.js';

type Tool = ToolsetDocument['tools'][number];

/** How long after the answer its process is cleared away. */
const CLEAR_AWAY_AFTER_MS = 2;

/** What a tool runner works with. */
export interface ToolRunnerParts {
  readonly document: ToolsetDocument;
  readonly toolsDirectory: string;
  readonly host: CallHost;
  readonly scratch: ScratchFolders;
  readonly schemas: ToolSchemas;
  readonly code: CodeCheck;
  readonly metrics: Metrics;
}

/**
 * Runs calls of tools: checks their arguments, admits them, gives each its process, and makes results of what comes. A
 * call has its place until its process is gone, which its caller does not wait for.
 */
export class ToolRunner implements ToolCalls {
  private readonly admission: Admission;
  private readonly processes: WarmProcesses;
  private readonly hostPaths: HostPaths;
  private readonly records: CallRecords;
  private readonly active = new Set<Promise<unknown>>();
  private readonly closing = new AbortController();

  public constructor(private readonly parts: ToolRunnerParts) {
    const { document, host, toolsDirectory, scratch } = parts;
    const { maxConcurrency, maxQueue, warmProcesses } = document.limits;
    this.records = new CallRecords(parts.metrics);
    this.admission = new Admission(maxConcurrency, maxQueue);
    this.processes = new WarmProcesses({
      start: (module) => this.start(module),
      // Processes that a tool starts could leave something in the folders of those that wait, for the calls of others.
      limit: document.subprocesses ? 0 : warmProcesses,
      total: maxConcurrency,
      running: () => this.admission.places,
      table: host.table,
    });
    this.hostPaths = new HostPaths({
      [toolsDirectory]: '<tools>',
      [scratch.directory]: '<scratch>',
      ...Object.fromEntries(Object.entries(host.confinement.data).map(([name, root]) => [root, `<data:${name}>`])),
    });
  }

  /**
   * Calls a declared tool, which its caller may call. Whatever goes wrong is a tool error; what the tool got and said
   * is not logged.
   *
   * @param log adds who calls
   */
  public async call(tool: Tool, input: unknown, { signal, leftMs }: Patience, log: Logger): Promise<ToolCallEnd> {
    const started = performance.now();
    const deciding = this.decide(tool, input, AbortSignal.any([signal, this.closing.signal]), started + leftMs);
    const verdict = await this.track(deciding).catch((error: unknown) => failed(error, log));
    return this.records.ended(tool.name, input, verdict, started, log);
  }

  public deny(name: string, reason: DenialReason, log: Logger): void {
    this.records.denied(name, reason, log);
  }

  public refuseArguments(tool: string, unmet: readonly UnmetRule[], log: Logger): CallToolResult {
    return this.records.argumentsRefused(tool, unmet, log);
  }

  /** The functions that a module exports, found out in a process of its own. */
  public list(module: ChildModule): Promise<CallOutcome> {
    return this.track(this.listIn(module));
  }

  /** From now on processes wait for calls, as many as the document says: the code of the tools is the declared one. */
  public keepWarm(): void {
    const { document, code } = this.parts;
    this.processes.open(distinct(document.tools.map((tool) => code.moduleOf(tool))));
  }

  /** Calls that run, and calls that wait. */
  public get load(): Load {
    return this.admission.load;
  }

  /** Cancels what still runs, and resolves when all of it is gone. */
  public async close(): Promise<void> {
    this.closing.abort(new Error('the runtime ends'));
    await this.processes.close();
    while (this.active.size > 0) await Promise.allSettled(this.active);
  }

  private async listIn(module: ChildModule): Promise<CallOutcome> {
    const process = await this.start(module);
    try {
      return await this.runIn(process, { task: 'list' }, this.closing.signal);
    } finally {
      await process.end();
    }
  }

  /** @param until when the caller has gone, on the clock of `performance.now()` */
  private async decide(tool: Tool, input: unknown, signal: AbortSignal, until: number): Promise<Verdict> {
    const { document, schemas, code } = this.parts;
    if (code.problems.length > 0) {
      return refuse('not-ready', `The toolset ${document.name} is not ready: ${code.problems.join('; ')}.`);
    }
    const faults = schemas.inputFaults(tool.name, input);
    if (faults.length > 0) {
      return refuse('invalid-arguments', `The arguments do not fit the tool's input schema:\n${faults.join('\n')}`);
    }
    let place: Place;
    try {
      place = await this.admission.enter(signal, until - performance.now());
    } catch (error) {
      if (!(error instanceof Overloaded)) return refuse('cancelled', describeFailure({ kind: 'cancelled' }));
      return refuse(
        'overloaded',
        `The toolset ${document.name} is overloaded; the call was not started and may be retried.`,
      );
    }
    let process: CallProcess | undefined;
    try {
      process = await this.processes.take(code.moduleOf(tool));
      return await this.execute(process, tool, input, signal, until - performance.now());
    } finally {
      place.vacate();
      void this.track(this.clearAway(process, place));
    }
  }

  private async execute(
    process: CallProcess,
    tool: Tool,
    input: unknown,
    signal: AbortSignal,
    leftMs: number,
  ): Promise<Verdict> {
    const context = { data: this.parts.host.confinement.data, scratch: process.scratch };
    const request: ChildRequest = { task: 'call', tool: tool.name, input, context };
    const outcome = await this.runIn(process, request, signal, Math.max(1, Math.floor(leftMs)));
    if (outcome.kind !== 'answered') return refuse(outcome.kind, describeFailure(outcome));
    return await this.verdictOf(tool, outcome.answer);
  }

  /** What the call has started is gone, then its place is free. */
  private async clearAway(process: CallProcess | undefined, place: Place): Promise<void> {
    // The answer goes first, and is read: to look for processes takes time in which nothing else is done.
    await sleep(CLEAR_AWAY_AFTER_MS);
    await process?.end();
    place.leave();
    await this.processes.refill();
  }

  private async start(module: ChildModule): Promise<CallProcess> {
    const { host, scratch } = this.parts;
    const folder = await scratch.create();
    try {
      return new CallProcess(host, folder, module);
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  private async runIn(
    process: CallProcess,
    request: ChildRequest,
    signal: AbortSignal,
    leftMs = Infinity,
  ): Promise<CallOutcome> {
    const outcome = await process.run(request, Math.min(this.parts.host.limits.timeoutMs, leftMs), signal);
    if (outcome.kind !== 'answered' || outcome.answer.status !== 'threw') return outcome;
    const message = this.hostPaths.scrub(outcome.answer.message, process.scratch);
    return { kind: 'answered', answer: { status: 'threw', message } };
  }

  private async verdictOf(tool: Tool, answer: ChildAnswer): Promise<Verdict> {
    const { schemas, code } = this.parts;
    if (answer.status === 'changed' && (await code.hasChanged(tool.module ?? ''))) {
      return refuse('not-ready', `The file ${tool.module} is no longer the declared one and was not run.`);
    }
    if (answer.status === 'threw') return refuse('tool-error', `The tool failed: ${answer.message}`);
    if (answer.status !== 'returned') {
      return refuse('crashed', describeFailure({ kind: 'crashed', detail: 'its result could not be read' }));
    }
    const result = toolResultOf(schemas, tool.name, answer.type, answer.value);
    return { outcome: result.isError === true ? 'tool-error' : 'ok', result };
  }

  private async track<T>(work: Promise<T>): Promise<T> {
    this.active.add(work);
    try {
      return await work;
    } finally {
      this.active.delete(work);
    }
  }
}

function distinct(modules: readonly ChildModule[]): ChildModule[] {
  return [...new Map(modules.map((each) => [each.module, each])).values()];
}
