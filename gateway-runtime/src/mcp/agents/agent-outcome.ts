import { agentToolResult, problemText, PROBLEMS, type AgentToolResult } from 'agentyard/contract';
import { isObject } from '../wire/json-rpc.js';

/** Why an agent has not answered, in words for whoever called it. */
export interface AgentFailure {
  /** Code of the problem. */
  readonly code: string;
  readonly text: string;
}

/** What has come of a call of an agent. */
export type AgentOutcome =
  | { readonly result: AgentToolResult; readonly failure?: undefined }
  | { readonly result?: undefined; readonly failure: AgentFailure };

/** What an answer of an agent says. @param value of `invokeResponse`, or a problem document */
export function outcomeOf(value: unknown): AgentOutcome {
  if (!isObject(value)) return invalid();
  if (typeof value.code === 'string' && Object.hasOwn(PROBLEMS, value.code)) return { failure: failureOf(value) };
  const { requestId, agent, output, structuredOutput, stopReason, turns, usage } = value;
  const result = { requestId, agent, output, structuredOutput, stopReason, turns, usage };
  const parsed = agentToolResult.safeParse(result);
  return parsed.success ? { result: parsed.data } : invalid();
}

/** A problem in words. */
export function failureOf(problem: { readonly [name: string]: unknown }): AgentFailure {
  return { code: String(problem.code), text: problemText(problem) };
}

function invalid(): AgentOutcome {
  return { failure: { code: 'agent-failed', text: 'agent-failed: The agent gave no valid answer.' } };
}
