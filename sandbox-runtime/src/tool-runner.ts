import path from 'node:path';
import type { Load, Logger, Metrics, Outcome } from '@agentyard/runtime-kit';
import type { CallToolResult } from '@modelcontextprotocol/server';
import { unmetPlaces, unmetText, type ToolsetDocument, type UnmetRule } from 'agentyard/contract';
import { Admission, Overloaded } from './admission.js';
import { describeFailure, type CallOutcome } from './call-outcome.js';
import { CallProcess, type CallHost } from './call-process.js';
import type { ChildAnswer, ChildRequest } from './child-protocol.js';
import type { CodeCheck } from './code-check.js';
import { HostPaths } from './host-paths.js';
import type { ScratchFolders } from './scratch-folders.js';
import { ARGUMENTS_REFUSED, type DenialReason } from './tool-access.js';
import { toolError, toolResultOf } from './tool-result.js';
import type { ToolSchemas } from './tool-schemas.js';

type Tool = ToolsetDocument['tools'][number];

/** How a call went. */
type Verdict = { readonly outcome: ToolOutcome; readonly result: CallToolResult };

/** How a call went, in one word: its tool ran and was stopped or not, or it was not started. */
export type ToolOutcome =
  | 'ok'
  | 'tool-error'
  | Exclude<CallOutcome['kind'], 'answered'>
  | 'invalid-arguments'
  | 'not-ready'
  | 'overloaded'
  | 'sandbox-error';

/** The end of a call. */
export interface ToolCallEnd extends Verdict {
  /** With what it has waited. */
  readonly durationMs: number;
}

/** Longest name of a tool in a log line: the name of one that is not there may be any text. */
const MAX_NAME_LENGTH = 128;

/** What a verdict counts as in the metrics; every other one is a failure. */
const COUNTED_AS: Readonly<Partial<Record<ToolOutcome, Outcome>>> = {
  ok: 'ok',
  'invalid-arguments': 'refused',
  'not-ready': 'refused',
  overloaded: 'overloaded',
  cancelled: 'aborted',
};

/** How long a caller waits for its call. */
export interface Patience {
  /** Aborted when it leaves. */
  readonly signal: AbortSignal;
  /** In milliseconds; may be without end. */
  readonly leftMs: number;
}

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

/** Runs calls of tools: checks their arguments, admits them, gives each its process, and makes results of what comes. */
export class ToolRunner {
  private readonly admission: Admission;
  private readonly hostPaths: HostPaths;
  private readonly active = new Set<Promise<unknown>>();
  private readonly closing = new AbortController();

  public constructor(private readonly parts: ToolRunnerParts) {
    const { document, host, toolsDirectory, scratch } = parts;
    this.admission = new Admission(document.limits.maxConcurrency, document.limits.maxQueue);
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
    const { outcome, result } = await this.track(deciding).catch((error: unknown) => failed(error, log));
    const durationMs = Math.round(performance.now() - started);
    this.parts.metrics.countRequest(COUNTED_AS[outcome] ?? 'failed');
    const bytes = { bytesIn: sizeOf(input), bytesOut: sizeOf(result) };
    const fields = { event: 'tool-call', type: 'audit', tool: tool.name, decision: 'allowed', outcome, ...bytes };
    log.info({ ...fields, isError: result.isError === true, duration_ms: durationMs }, 'tool call');
    return { outcome, result, durationMs };
  }

  /** Notes a call of a tool that is not there for its caller. */
  public deny(name: string, reason: DenialReason, log: Logger): void {
    this.logDenial({ tool: name.slice(0, MAX_NAME_LENGTH), reason }, log);
  }

  /** Notes a call with arguments that its caller may not give. @returns a tool error that says which */
  public refuseArguments(tool: string, unmet: readonly UnmetRule[], log: Logger): CallToolResult {
    this.logDenial({ tool, reason: ARGUMENTS_REFUSED, rule: unmetPlaces(unmet) }, log);
    return toolError(unmetText(unmet));
  }

  /** Runs a request in a process of its own, in a fresh scratch folder. */
  public async run(request: ChildRequest, signal: AbortSignal = this.closing.signal): Promise<CallOutcome> {
    const { scratch } = this.parts;
    const folder = await scratch.create();
    return this.track(this.runIn(folder, request, signal));
  }

  /** Calls that run, and calls that wait. */
  public get load(): Load {
    return this.admission.load;
  }

  /** Cancels what still runs, and resolves when all of it is gone. */
  public async close(): Promise<void> {
    this.closing.abort(new Error('the runtime ends'));
    await Promise.allSettled(this.active);
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
    let leave: () => void;
    try {
      leave = await this.admission.enter(signal, until - performance.now());
    } catch (error) {
      if (!(error instanceof Overloaded)) return refuse('cancelled', describeFailure({ kind: 'cancelled' }));
      return refuse(
        'overloaded',
        `The toolset ${document.name} is overloaded; the call was not started and may be retried.`,
      );
    }
    try {
      return await this.execute(tool, input, signal, until - performance.now());
    } finally {
      leave();
    }
  }

  private async execute(tool: Tool, input: unknown, signal: AbortSignal, leftMs: number): Promise<Verdict> {
    const { scratch, host, toolsDirectory } = this.parts;
    const folder = await scratch.create();
    const request: ChildRequest = {
      task: 'call',
      module: path.join(toolsDirectory, tool.module),
      sha256: tool.sha256,
      tool: tool.name,
      input,
      context: { data: host.confinement.data, scratch: folder },
    };
    const outcome = await this.runIn(folder, request, signal, Math.max(1, Math.floor(leftMs)));
    if (outcome.kind !== 'answered') return refuse(outcome.kind, describeFailure(outcome));
    return await this.verdictOf(tool, outcome.answer);
  }

  private async runIn(
    folder: string,
    request: ChildRequest,
    signal: AbortSignal,
    leftMs = Infinity,
  ): Promise<CallOutcome> {
    const { host, scratch } = this.parts;
    const limits = { ...host.limits, timeoutMs: Math.min(host.limits.timeoutMs, leftMs) };
    try {
      const outcome = await new CallProcess({ ...host, limits }, folder).run(request, signal);
      if (outcome.kind !== 'answered' || outcome.answer.status !== 'threw') return outcome;
      const message = this.hostPaths.scrub(outcome.answer.message, folder);
      return { kind: 'answered', answer: { status: 'threw', message } };
    } finally {
      await scratch.remove(folder);
    }
  }

  private async verdictOf(tool: Tool, answer: ChildAnswer): Promise<Verdict> {
    const { schemas, code } = this.parts;
    if (answer.status === 'changed' && (await code.hasChanged(tool.module))) {
      return refuse('not-ready', `The file ${tool.module} is no longer the declared one and was not run.`);
    }
    if (answer.status === 'threw') return refuse('tool-error', `The tool failed: ${answer.message}`);
    if (answer.status !== 'returned') {
      return refuse('crashed', describeFailure({ kind: 'crashed', detail: 'its result could not be read' }));
    }
    const result = toolResultOf(schemas, tool.name, answer.type, answer.value);
    return { outcome: result.isError === true ? 'tool-error' : 'ok', result };
  }

  private logDenial(fields: Readonly<Record<string, string>>, log: Logger): void {
    this.parts.metrics.countRequest('refused');
    log.info({ event: 'tool-call', type: 'audit', ...fields, decision: 'denied', outcome: 'refused' }, 'tool call');
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

/** Size of a value as JSON, in bytes; absent for one that is nested too deeply to be written. */
function sizeOf(value: unknown): number | undefined {
  try {
    return Buffer.byteLength(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

/** For example without room for a scratch folder. Clients are not told why: the reason has paths of this machine. */
function failed(error: unknown, log: Logger): Verdict {
  log.error({ event: 'call-failed', err: error }, 'a call could not be handled');
  return refuse('sandbox-error', 'The sandbox failed while it handled the call.');
}

function refuse(outcome: ToolOutcome, message: string): Verdict {
  return { outcome, result: toolError(message) };
}
