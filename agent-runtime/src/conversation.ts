import {
  NoOutputGeneratedError,
  streamText,
  type CallWarning,
  type FinishReason,
  type ModelMessage,
  type TextStreamPart,
  type ToolSet,
} from 'ai';
import { HttpProblem, type Logger } from '@agentyard/runtime-kit';
import type { AgentDocument, PendingApproval, StopReason, StreamEvent, ToolCall } from 'agentyard/contract';
import type { Agent, AgentTask, Scope } from './agent-loop.js';
import type { AnswerForm, ReadAnswer } from './answer-form.js';
import type { Deadline } from './deadline.js';
import type { Ledger } from './ledger.js';
import { modelErrorType, modelProblem, UsageMissingError } from './model-failure.js';
import type { RunRecord } from './run-record.js';
import type { Resumption, WaitingCall } from './sessions/paused-run.js';
import type { Session } from './sessions/session.js';
import { awaitApproval } from './sessions/await-approval.js';
import { verdictMessage } from './sessions/tool-approvals.js';
import type { RunTelemetry } from './telemetry/run-telemetry.js';
import { reportedTokens } from './token-usage.js';
import type { ToolOffer } from './tool-catalog.js';
import type { ToolResult } from './tool-result.js';

/** How many times a model is told that its answer has not the form of the output schema. */
const MOST_CORRECTIONS = 2;

/** What the record says of a call that was not made since nobody approved it. */
const DENIED = 'The call was not made: it was not approved.';

type Part = TextStreamPart<ToolSet>;

/** The tools of a request, and which of them wait for a person. */
interface OfferedTools extends Pick<Agent, 'approvals'> {
  readonly offer: ToolOffer;
  readonly canWait: boolean;
}

/** How the model ended its last turn. */
interface Ending {
  readonly finishReason: FinishReason;
  readonly calledTools: boolean;
  /** Calls that wait for approval. */
  readonly waiting: readonly WaitingCall[];
}

/** What a request has come to. */
export interface Conclusion {
  /** What waits for a person, so that it is not over. */
  readonly approval?: PendingApproval;
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

/** What is said in a request, and what may be called in it. */
interface Dialogue {
  /** Grows with what is said. */
  readonly messages: ModelMessage[];
  readonly tools: OfferedTools;
  readonly maxOutputTokens: number | undefined;
  /** Where it is kept; absent: nowhere. */
  readonly session: Session | undefined;
}

/**
 * Asks the model, makes the calls of tools that it wants and gives it their results, until it answers or a limit is crossed,
 * or calls have to be approved. An answer that has not the form of the output schema is sent back to it.
 *
 * @throws HttpProblem `model-failed`, `sessions-unavailable`; the reason of the abort when the deadline has cut it off
 */
export async function* conversation(agent: Agent, task: AgentTask, run: Run): AsyncGenerator<StreamEvent, Conclusion> {
  const { record, scope, deadline, telemetry } = run;
  const dialogue = await begun(agent, task, run);
  try {
    yield* resumedCalls(task.session?.resumption, dialogue.tools.offer, record);
    return yield* turns(agent, dialogue, run);
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    telemetry.modelFailed(failureOf(error, deadline));
    // A model that never began to answer was called nevertheless.
    while (record.turnsStarted < record.ledger.turns) yield record.startTurn();
    deadline.signal.throwIfAborted();
    throw modelProblem(error, agent.document.model.provider, scope.log);
  }
}

async function begun(agent: Agent, task: AgentTask, run: Run): Promise<Dialogue> {
  const { history, input, maxOutputTokens, session } = task;
  const offer = await offerOf(agent, run);
  const resumption = session?.resumption;
  const isOffered = (name: string) => offer.addressOf(name) !== undefined;
  const asked: ModelMessage =
    resumption === undefined ? { role: 'user', content: input } : verdictMessage(resumption, isOffered);
  const tools = { offer, approvals: agent.approvals, canWait: session !== undefined };
  return { messages: [...(session?.history ?? history), asked], tools, maxOutputTokens, session };
}

async function* turns(agent: Agent, dialogue: Dialogue, run: Run): AsyncGenerator<StreamEvent, Conclusion> {
  const { form } = agent;
  const { record, scope } = run;
  const { ledger } = record;
  const { messages, session } = dialogue;
  for (let corrections = 0; ; corrections += 1) {
    const result = question(agent, dialogue, run);
    const ending = yield* translated(result.stream, dialogue.tools, record, scope.log);
    const said = async () => [...messages, ...(await result.responseMessages)];
    if (session !== undefined && ending.waiting.length > 0 && ledger.exhausted === undefined) {
      const pausing = { session, said: await said(), ledger, offer: dialogue.tools.offer };
      const approval = await awaitApproval(agent.sessions, pausing, ending.waiting);
      return { stopReason: 'approval-required', approval };
    }
    const stopReason = stopReasonOf(ending, ledger);
    const { misfit, value } = readAnswer(form, stopReason, record.answer);
    if (form === undefined || misfit === undefined) {
      if (isWhole(stopReason, ending)) await session?.keep(await said());
      return { stopReason, structuredOutput: value };
    }
    scope.log.warn(
      { event: 'output-invalid', corrections },
      'answer of the model has not the form of the output schema',
    );
    if (corrections === MOST_CORRECTIONS || ledger.exhausted !== undefined) return { stopReason: 'invalid-output' };
    messages.push(...(await result.responseMessages), { role: 'user', content: form.correction(misfit) });
  }
}

function readAnswer(form: AnswerForm | undefined, stopReason: StopReason, answer: string): ReadAnswer {
  return form === undefined || stopReason !== 'completed' ? { value: undefined } : form.read(answer);
}

/** Whether the model could go on from what was said: nothing was held back, and each call has its result. */
function isWhole(stopReason: StopReason, { waiting }: Ending): boolean {
  return stopReason !== 'content-filter' && waiting.length === 0;
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

/** Asks the model in one go, over as many turns as its tool calls take. */
function question(
  { document, model, form, approvals }: Agent,
  { messages, tools, maxOutputTokens }: Dialogue,
  { record, deadline, telemetry }: Run,
) {
  const { ledger } = record;
  const { answerTokens, ...generation } = generationOf(document.model, maxOutputTokens);
  return streamText({
    model,
    instructions: document.prompt,
    messages,
    tools: tools.offer.tools,
    toolApproval: ({ toolCall }) => approvals.statusOf(toolCall.toolName, tools.canWait),
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
  offered: OfferedTools,
  record: RunRecord,
  log: Logger,
): AsyncGenerator<StreamEvent, Ending> {
  let calledTools = false;
  const waiting: WaitingCall[] = [];
  for await (const part of stream) {
    if (part.type === 'start-step') calledTools = false;
    if (part.type === 'tool-call') calledTools = true;
    if (part.type === 'tool-approval-request' && part.isAutomatic !== true) waiting.push(waitingCall(part));
    if (part.type === 'error') throw part.error;
    if (part.type === 'finish') {
      const finishReason = completed(part.finishReason, calledTools);
      // Of an answer that broke off providers do not say it.
      if (record.ledger.isBlind) throw new UsageMissingError();
      return { finishReason, calledTools, waiting };
    }
    const event = eventOf(part, offered, record, log);
    if (event !== undefined) yield event;
  }
  throw new NoOutputGeneratedError({ message: 'The stream ended without a finish.' });
}

/** The calls that were decided about begin with the run that goes on. */
function* resumedCalls(
  resumption: Resumption | undefined,
  offer: ToolOffer,
  record: RunRecord,
): Generator<StreamEvent> {
  for (const { id, name, input } of resumption?.run.calls ?? []) {
    const address = offer.addressOf(name);
    if (address !== undefined) yield record.startTool(id, address, input as ToolCall['input']);
  }
}

function waitingCall({ approvalId, toolCall }: Extract<Part, { type: 'tool-approval-request' }>): WaitingCall {
  return { id: toolCall.toolCallId, approvalId, name: toolCall.toolName, input: toolCall.input };
}

/** The event that a part of the stream gives, if it gives one, after noting it in the record. */
function eventOf(part: Part, offered: OfferedTools, record: RunRecord, log: Logger): StreamEvent | undefined {
  if (part.type === 'start-step') {
    if (part.warnings.length > 0 && record.turnsStarted === 0) logWarnings(part.warnings, log);
    return record.startTurn();
  }
  if (part.type === 'text-delta') return part.text === '' ? undefined : record.addText(part.text);
  if (part.type === 'tool-call') {
    // It begins when it is approved.
    if (offered.canWait && offered.approvals.isNeededFor(part.toolName)) return undefined;
    const address = offered.offer.addressOf(part.toolName);
    if (address === undefined) log.warn({ event: 'tool-unknown' }, 'model asked for a tool that is not offered');
    return address && record.startTool(part.toolCallId, address, part.input as ToolCall['input']);
  }
  if (part.type === 'tool-result') {
    const { text, isError } = part.output as ToolResult;
    return record.finishTool(part.toolCallId, text, isError);
  }
  if (part.type === 'tool-output-denied') return record.finishTool(part.toolCallId, DENIED, true);
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
