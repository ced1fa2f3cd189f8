import type { Load, Logger } from '@agentyard/runtime-kit';
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { ToolsetDocument, UnmetRule } from 'agentyard/contract';
import type { CallOutcome } from './call-outcome.js';
import type { DenialReason } from './tool-access.js';
import { toolError } from './tool-result.js';

/** How a call went, in one word: its tool ran and was stopped or not, or it was not started. */
export type ToolOutcome =
  | 'ok'
  | 'tool-error'
  | Exclude<CallOutcome['kind'], 'answered'>
  | 'invalid-arguments'
  | 'not-ready'
  | 'overloaded'
  | 'sandbox-error';

/** How a call went. */
export interface Verdict {
  readonly outcome: ToolOutcome;
  readonly result: CallToolResult;
}

/** The end of a call. */
export interface ToolCallEnd extends Verdict {
  /** With what it has waited. */
  readonly durationMs: number;
}

/** What a tool says of how far it is, as MCP has it. */
export type Progress = Readonly<Record<string, unknown>>;

/** How a caller waits for its call. */
export interface Patience {
  /** Aborted when it leaves. */
  readonly signal: AbortSignal;
  /** How long it waits, in milliseconds; may be without end. */
  readonly leftMs: number;
  /** Told how far the tool is, where it says so; absent for a caller who did not ask. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What runs the calls of a toolset, wherever its tools are. */
export interface ToolCalls {
  /** Calls that run, and calls that wait. */
  readonly load: Load;
  /**
   * Calls a declared tool, which its caller may call. Whatever goes wrong is a tool error; what the tool got and said
   * is not logged.
   *
   * @param log adds who calls
   */
  call(tool: ToolsetDocument['tools'][number], input: unknown, patience: Patience, log: Logger): Promise<ToolCallEnd>;
  /** Notes a call of a tool that is not there for its caller. */
  deny(name: string, reason: DenialReason, log: Logger): void;
  /** Notes a call with arguments that its caller may not give. @returns a tool error that says which */
  refuseArguments(tool: string, unmet: readonly UnmetRule[], log: Logger): CallToolResult;
  /** Cancels what still runs, and resolves when all of it is gone. */
  close(): Promise<void>;
}

/** A call without a result of its tool. */
export function refuse(outcome: ToolOutcome, message: string): Verdict {
  return { outcome, result: toolError(message) };
}

/** For example without room for a scratch folder. Clients are not told why: the reason has paths of this machine. */
export function failed(error: unknown, log: Logger): Verdict {
  log.error({ event: 'call-failed', err: error }, 'a call could not be handled');
  return refuse('sandbox-error', 'The sandbox failed while it handled the call.');
}
