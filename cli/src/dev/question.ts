import { createDispatcher, createFetch } from '@agentyard/runtime-kit';
import {
  invokeResponse,
  parseValue,
  problem,
  type InvokeRequest,
  type InvokeResponse,
  type ToolCall,
} from 'agentyard/contract';
import { DevError } from './dev-error.js';
import { API_KEY_VARIABLE } from './gateway-access.js';
import { printable } from './log-line.js';
import type { LocalGateway } from './platform.js';

const LONGEST_INPUT = 200;

/** A question to one agent. */
export interface Question {
  readonly text: string;
  /** Agent to ask; @default - the one that the gateway's routes choose */
  readonly agent?: string;
  /** What the routes' patterns are matched against; @default - the question itself, if no agent is named */
  readonly intent?: string;
}

/**
 * Asks through a gateway, and waits for the whole answer.
 *
 * @throws DevError with the gateway's problem, when it does not answer, and when a key is needed and not known
 */
export async function ask(gateway: LocalGateway, question: Question, signal?: AbortSignal): Promise<InvokeResponse> {
  const dispatcher = createDispatcher(undefined, {});
  try {
    const response = await createFetch(dispatcher)(`${gateway.url}/v1/invoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...authorization(gateway) },
      body: JSON.stringify(requestOf(question)),
      signal,
    });
    return answerOf(response.ok, response.status, await response.text());
  } catch (error) {
    if (error instanceof TypeError)
      throw new DevError(`the gateway ${gateway.name} does not answer: ${error.message}; see its log`);
    throw error;
  } finally {
    await dispatcher.destroy();
  }
}

/** An answer as text: a line per tool call, then the answer, and why it ended if it is not complete. */
export function renderAnswer(response: InvokeResponse): string {
  const lines = response.toolCalls.map(renderCall);
  if (response.stopReason !== 'completed') lines.push(`ended early: ${response.stopReason}`);
  return `${[`${response.agent}:`, ...lines.map((line) => `  ${line}`), '', response.output].join('\n')}\n`;
}

function requestOf({ text, agent, intent }: Question): Pick<InvokeRequest, 'agent' | 'intent' | 'input'> {
  if (agent !== undefined) return { agent, intent, input: text };
  return { intent: intent ?? text, input: text };
}

function authorization({ key = process.env[API_KEY_VARIABLE], document }: LocalGateway): Record<string, string> {
  if (document.auth.mode === 'none') return {};
  if (key === undefined)
    throw new DevError(`the gateway's keys were given as hashes; set ${API_KEY_VARIABLE} to a key of yours`);
  return { authorization: `Bearer ${key}` };
}

function answerOf(ok: boolean, status: number, text: string): InvokeResponse {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new DevError(`the gateway answers ${status} with something that is not JSON; see its log`);
  }
  if (ok) return checkedAnswer(body);
  const told = problem.safeParse(body);
  if (!told.success) throw new DevError(`the gateway answers ${status}; see its log`);
  const { title, detail, code, requestId, faults = [] } = told.data;
  const lines = faults.map(({ path, message }) => `\n  ${path}: ${message}`).join('');
  throw new DevError(
    `${title}${detail === undefined ? '' : `: ${detail}`} (${code}, request ${requestId ?? 'unknown'})${lines}`,
  );
}

function checkedAnswer(body: unknown): InvokeResponse {
  try {
    return parseValue(invokeResponse, body, 'the answer of the gateway');
  } catch (error) {
    throw new DevError((error as Error).message);
  }
}

function renderCall({ toolset, tool, input, isError, durationMs }: ToolCall): string {
  const text = JSON.stringify(input);
  const short = printable(text.length > LONGEST_INPUT ? `${text.slice(0, LONGEST_INPUT)}…` : text);
  return `tool ${toolset}/${tool} ${short} ${isError ? 'failed' : 'done'} in ${Math.round(durationMs)} ms`;
}
