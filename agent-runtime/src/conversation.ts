import {
  NoOutputGeneratedError,
  streamText,
  type CallWarning,
  type FinishReason,
  type ModelMessage,
  type TextStreamPart,
  type ToolSet,
} from 'ai';
import type { Logger } from '@agentyard/runtime-kit';
import type { AgentDocument, StopReason, StreamEvent, ToolCall } from 'agentyard/contract';
import type { Agent, AgentTask, Scope } from './agent-loop.js';
import type { Deadline } from './deadline.js';
import type { Ledger } from './ledger.js';
import { modelErrorType, modelProblem, UsageMissingError } from './model-failure.js';
import type { RunRecord } from './run-record.js';
import type { RunTelemetry } from './telemetry/run-telemetry.js';
import { reportedTokens } from './token-usage.js';
import type { ToolOffer } from './tool-catalog.js';
import type { ToolResult } from './tool-result.js';

/** How many times a model is told that its answer has not the form of the output schema. */
const MOST_CORRECTIONS = 2;

type Part = TextStreamPart<ToolSet>;

/** How the model ended its last turn. */
interface Ending {
  readonly finishReason: FinishReason;
  readonly calledTools: boolean;
}

/** What a request has come to. */
export interface Conclusion {
  readonly stopReason: StopReason;
  readonly structuredOutput?: unknown;
}

/** What keeps the accounts of a request while it runs. */
export interface Run {
  readonly record: RunRecord;
  readonly scope: Scope;
  readonly deadline: Deadline;
  readonly telemetry: RunTelemetry;
}

/**
 * Asks the model, makes the calls of tools that it wants and gives it their results, until it answers or a limit is crossed.
 * An answer that has not the form of the output schema is sent back to it.
 *
 * @throws HttpProblem `model-failed`; the reason of the abort when the deadline has cut it off
 */
export async function* conversation(
  agent: Agent,
  { history, input, maxOutputTokens }: AgentTask,
  run: Run,
): AsyncGenerator<StreamEvent, Conclusion> {
  const { document, form } = agent;
  const { record, scope, deadline, telemetry } = run;
  const { signal } = deadline;
  const { ledger } = record;
  const { log } = scope;
  const offer = await offerOf(agent, run);
  const messages: ModelMessage[] = [...history, { role: 'user', content: input }];
  try {
    for (let corrections = 0; ; corrections += 1) {
      const result = asked(agent, { messages, offer, maxOutputTokens }, run);
      const stopReason = stopReasonOf(yield* translated(result.stream, offer, record, log), ledger);
      if (form === undefined || stopReason !== 'completed') return { stopReason };
      const { misfit, value } = form.read(record.answer);
      if (misfit === undefined) return { stopReason, structuredOutput: value };
      log.warn({ event: 'output-invalid', corrections }, 'answer of the model has not the form of the output schema');
      if (corrections === MOST_CORRECTIONS || ledger.exhausted !== undefined) return { stopReason: 'invalid-output' };
      messages.push(...(await result.responseMessages), { role: 'user', content: form.correction(misfit) });
    }
  } catch (error) {
    telemetry.modelFailed(failureOf(error, deadline));
    // A model that never began to answer was called nevertheless.
    while (record.turnsStarted < ledger.turns) yield record.startTurn();
    signal.throwIfAborted();
    throw modelProblem(error, document.model.provider, log);
  }
}

function failureOf(error: unknown, { cutOff }: Deadline): string {
  if (cutOff === undefined) return modelErrorType(error);
  return cutOff === 'timeout' ? 'timeout' : 'aborted';
}

function offerOf({ catalog }: Agent, { record, scope, deadline, telemetry }: Run): Promise<ToolOffer> {
  const { requestId, userClaim, log } = scope;
  const { signal } = deadline;
  const of = { requestId, userClaim, traceHeaders: telemetry.headers, signal, leftMs: () => deadline.leftMs };
  return catalog.offer({ ...of, ledger: record.ledger, telemetry }, log);
}

/** What a model is asked in one go, over as many turns as its tool calls take. */
interface Question {
  readonly messages: ModelMessage[];
  readonly offer: ToolOffer;
  readonly maxOutputTokens: number | undefined;
}

function asked({ document, model, form }: Agent, question: Question, { record, deadline, telemetry }: Run) {
  const { ledger } = record;
  const { answerTokens, ...generation } = generationOf(document.model, question.maxOutputTokens);
  return streamText({
    model,
    instructions: document.prompt,
    messages: question.messages,
    tools: question.offer.tools,
    output: form?.output,
    stopWhen: () => ledger.isBlind || ledger.exhausted !== undefined,
    abortSignal: deadline.signal,
    ...generation,
    prepareStep: () => {
      const most = finite(ledger.startTurn(answerTokens));
      telemetry.modelAsked(most);
      return { maxOutputTokens: most };
    },
    // Before the tools of the turn are called, which have what it leaves.
    onLanguageModelCallEnd: (answer) => {
      ledger.charge(reportedTokens(answer.usage));
      telemetry.modelAnswered(answer);
    },
    // Without one the SDK prints errors; they come as parts of the stream.
    onError: () => undefined,
  });
}

/** The stream of the SDK as events of the contract. @throws what the provider failed with, or at an abort */
async function* translated(
  stream: AsyncIterable<Part>,
  offer: ToolOffer,
  record: RunRecord,
  log: Logger,
): AsyncGenerator<StreamEvent, Ending> {
  let calledTools = false;
  for await (const part of stream) {
    if (part.type === 'start-step') calledTools = false;
    if (part.type === 'tool-call') calledTools = true;
    if (part.type === 'error') throw part.error;
    if (part.type === 'finish') {
      const finishReason = completed(part.finishReason, calledTools);
      // Of an answer that broke off providers do not say it.
      if (record.ledger.isBlind) throw new UsageMissingError();
      return { finishReason, calledTools };
    }
    const event = eventOf(part, offer, record, log);
    if (event !== undefined) yield event;
  }
  throw new NoOutputGeneratedError({ message: 'The stream ended without a finish.' });
}

/** The event that a part of the stream gives, if it gives one, after noting it in the record. */
function eventOf(part: Part, offer: ToolOffer, record: RunRecord, log: Logger): StreamEvent | undefined {
  if (part.type === 'start-step') {
    if (part.warnings.length > 0 && record.turnsStarted === 0) logWarnings(part.warnings, log);
    return record.startTurn();
  }
  if (part.type === 'text-delta') return part.text === '' ? undefined : record.addText(part.text);
  if (part.type === 'tool-call') {
    const address = offer.addressOf(part.toolName);
    if (address === undefined) log.warn({ event: 'tool-unknown' }, 'model asked for a tool that is not offered');
    return address && record.startTool(part.toolCallId, address, part.input as ToolCall['input']);
  }
  if (part.type === 'tool-result') {
    const { text, isError } = part.output as ToolResult;
    return record.finishTool(part.toolCallId, text, isError);
  }
  if (part.type === 'tool-error') return record.finishTool(part.toolCallId, messageOf(part.error), true);
  return undefined;
}

/** @throws Error if the provider ended its answer without completing it, or without saying that its tools may be called */
function completed(reason: FinishReason, calledTools: boolean): FinishReason {
  if (reason === 'error' || reason === 'interrupted' || (calledTools && reason === 'other')) {
    throw new Error(`The answer ended as "${reason}".`);
  }
  return reason;
}

function stopReasonOf({ finishReason, calledTools }: Ending, { exhausted, cutBy }: Ledger): StopReason {
  if (finishReason === 'length') return cutBy;
  if (finishReason === 'content-filter') return 'content-filter';
  // After a turn with tool calls only a limit keeps the loop from the next one.
  return (calledTools ? exhausted : undefined) ?? 'completed';
}

/** How the model is to answer; a script has no limit of its own. */
function generationOf(config: AgentDocument['model'], asked = Infinity) {
  if (config.provider === 'scripted') return { answerTokens: asked };
  return { answerTokens: Math.min(config.maxOutputTokens, asked), temperature: config.temperature };
}

function finite(tokens: number): number | undefined {
  return Number.isFinite(tokens) ? tokens : undefined;
}

/** Settings that the provider does not take; its own words may repeat contents and are left out. */
function logWarnings(warnings: readonly CallWarning[], log: Logger): void {
  for (const warning of warnings) {
    const feature = 'feature' in warning ? warning.feature : undefined;
    log.warn({ event: 'model-warning', type: warning.type, feature }, 'model provider warns');
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
