import type { Logger, Metrics, Outcome } from '@agentyard/runtime-kit';
import type { CallToolResult } from '@modelcontextprotocol/server';
import { unmetPlaces, unmetText, type UnmetRule } from 'agentyard/contract';
import { ARGUMENTS_REFUSED, type DenialReason } from './tool-access.js';
import type { ToolCallEnd, ToolOutcome, Verdict } from './tool-calls.js';
import { toolError } from './tool-result.js';

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

/** What is kept of each call: one audit line, and what the metrics count. */
export class CallRecords {
  public constructor(private readonly metrics: Metrics) {}

  /** Notes the end of a call. @param started when it came, on the clock of `performance.now()` */
  public ended(tool: string, input: unknown, { outcome, result }: Verdict, started: number, log: Logger): ToolCallEnd {
    const durationMs = Math.round(performance.now() - started);
    this.metrics.countRequest(COUNTED_AS[outcome] ?? 'failed');
    const bytes = { bytesIn: sizeOf(input), bytesOut: sizeOf(result) };
    const fields = { event: 'tool-call', type: 'audit', tool, decision: 'allowed', outcome, ...bytes };
    log.info({ ...fields, isError: result.isError === true, duration_ms: durationMs }, 'tool call');
    return { outcome, result, durationMs };
  }

  /** Notes a call of a tool that is not there for its caller. */
  public denied(name: string, reason: DenialReason, log: Logger): void {
    this.denial({ tool: name.slice(0, MAX_NAME_LENGTH), reason }, log);
  }

  /** Notes a call with arguments that its caller may not give. @returns a tool error that says which */
  public argumentsRefused(tool: string, unmet: readonly UnmetRule[], log: Logger): CallToolResult {
    this.denial({ tool, reason: ARGUMENTS_REFUSED, rule: unmetPlaces(unmet) }, log);
    return toolError(unmetText(unmet));
  }

  private denial(fields: Readonly<Record<string, string>>, log: Logger): void {
    this.metrics.countRequest('refused');
    log.info({ event: 'tool-call', type: 'audit', ...fields, decision: 'denied', outcome: 'refused' }, 'tool call');
  }
}

/** Size of a value as JSON, in bytes; absent for one that is nested too deeply to be written. */
export function sizeOf(value: unknown): number | undefined {
  try {
    return Buffer.byteLength(JSON.stringify(value));
  } catch {
    return undefined;
  }
}
