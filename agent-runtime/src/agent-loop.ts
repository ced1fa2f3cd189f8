import {
  NoOutputGeneratedError,
  streamText,
  type CallWarning,
  type FinishReason,
  type LanguageModel,
  type TextStreamPart,
  type ToolSet,
} from 'ai';
import type { Logger, RequestContext } from '@agentyard/runtime-kit';
import type {
  AgentDocument,
  AgentInvokeRequest,
  ArgumentRules,
  StopReason,
  StreamEvent,
  ToolCall,
} from 'agentyard/contract';
import { Deadline } from './deadline.js';
import type { Ledger } from './ledger.js';
import { modelProblem, UsageMissingError } from './model-failure.js';
import type { RunRecord } from './run-record.js';
import { reportedTokens } from './token-usage.js';
import type { ToolCatalog, ToolOffer } from './tool-catalog.js';
import type { ToolResult } from './tool-result.js';
import type { ToolsetScope } from './toolset-client.js';

/** An agent that is ready to run. */
export interface Agent {
  readonly document: AgentDocument;
  readonly model: LanguageModel;
  readonly catalog: ToolCatalog;
  /** What it may be given, by whom; absent: everything. */
  readonly rules: ArgumentRules | undefined;
}

/** What an agent is asked. */
export interface AgentTask extends AgentInvokeRequest {
  /** Most tokens of each answer of the model, beside its own limit. @default - its own limit alone */
  readonly maxOutputTokens?: number;
}

type Part = TextStreamPart<ToolSet>;
/** Whom a request is for, and how long it may take, in milliseconds. */
type Scope = Pick<RequestContext, 'log'> & Omit<ToolsetScope, 'leftMs'> & { readonly timeoutMs: number };

/** How the model ended its last turn. */
interface Ending {
  readonly finishReason: FinishReason;
  readonly calledTools: boolean;
}

/**
 * Runs one request: the model is asked, its tool calls are made and their results go back to it, until it answers or
 * a limit is crossed. The first event is `started`; the last is `completed` in both cases.
 *
 * @throws HttpProblem `model-failed`; the reason of the client's departure when the client has gone
 */
export async function* runAgent(
  agent: Agent,
  task: AgentTask,
  record: RunRecord,
  scope: Scope,
): AsyncGenerator<StreamEvent> {
  const deadline = new Deadline(scope.timeoutMs, scope.signal);
  try {
    yield record.start();
    // A limit may be too small for any turn.
    const { exhausted } = record.ledger;
    if (exhausted !== undefined) {
      yield record.complete(exhausted);
      return;
    }
    const ending = yield* conversation(agent, task, record, scope, deadline);
    // An answer that ends before it is complete has no calls made.
    yield* record.abandonTools('The call was not made: the answer of the model ended before.');
    yield record.complete(stopReasonOf(ending, record.ledger));
  } catch (error) {
    if (deadline.cutOff !== 'timeout') throw error;
    yield* record.abandonTools('The call was ended: the request has reached its time limit.');
    yield record.complete('timeout');
  } finally {
    deadline.end();
  }
}

async function* conversation(
  { document, model, catalog }: Agent,
  { history, input, maxOutputTokens }: AgentTask,
  record: RunRecord,
  scope: Scope,
  deadline: Deadline,
): AsyncGenerator<StreamEvent, Ending> {
  const { signal } = deadline;
  const { ledger } = record;
  const { requestId, userClaim, log } = scope;
  const offer = await catalog.offer({ requestId, userClaim, signal, leftMs: () => deadline.leftMs, ledger }, log);
  const { answerTokens, ...generation } = generationOf(document.model, maxOutputTokens);
  const { stream } = streamText({
    model,
    instructions: document.prompt,
    messages: [...history, { role: 'user', content: input }],
    tools: offer.tools,
    stopWhen: () => ledger.isBlind || ledger.exhausted !== undefined,
    abortSignal: signal,
    ...generation,
    prepareStep: () => ({ maxOutputTokens: finite(ledger.startTurn(answerTokens)) }),
    // Before the tools of the turn are called, which have what it leaves.
    onLanguageModelCallEnd: ({ usage }) => ledger.charge(reportedTokens(usage)),
    // Without one the SDK prints errors; they come as parts of the stream.
    onError: () => undefined,
  });
  try {
    return yield* translated(stream, offer, record, scope.log);
  } catch (error) {
    // A model that never began to answer was called nevertheless.
    while (record.turnsStarted < ledger.turns) yield record.startTurn();
    signal.throwIfAborted();
    throw modelProblem(error, document.model.provider, scope.log);
  }
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
