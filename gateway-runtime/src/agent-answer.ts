import { ServerResponse, type OutgoingHttpHeaders } from 'node:http';
import type { Writable } from 'node:stream';
import { endWithTurn, HttpProblem, interruptionOf } from '@agentyard/runtime-kit';
import type { AnswerForm } from './answer-form.js';
import { refusesService } from './identity/service-refusal.js';
import { EventStream } from './mcp/wire/event-stream.js';
import { isLarge, joined, sizeOf, type Pieces } from './mcp/wire/json-text.js';
import { outlineOf } from './mcp/wire/outline.js';
import type { TokenUse } from './overload/quotas.js';
import type { AuditedCall } from './pipeline/audit.js';
import type { PodAnswer } from './pod-request.js';

/** Largest answer that is not a stream, and largest event that is read; more than an agent's context window holds. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

const LF = 0x0a;

const NOTHING: TokenUse = { inputTokens: 0, outputTokens: 0 };

/** How an answer has ended. */
export interface AnswerEnd {
  /** Whether it was passed on to its end; if not, the client has been told. */
  readonly isComplete: boolean;
  /** What the agent says that it has used. */
  readonly usage: TokenUse | undefined;
  /** Code of the problem that a JSON answer tells of, if it tells of one. */
  readonly problem?: string | undefined;
}

/** Where an answer is written: the response to a client, or who makes another answer of it. */
export interface AnswerSink extends Writable {
  setHeader(name: string, value: string): unknown;
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown;
  flushHeaders(): void;
}

/** An answer of an agent, and whoever gets it. */
export interface PassedAnswer {
  readonly answer: PodAnswer;
  readonly form: AnswerForm;
  readonly response: AnswerSink;
  readonly context: AuditedCall;
  /** Name of the agent. */
  readonly agent: string;
  /** The problem that an error of the connection means. */
  readonly problemOf: (error: unknown) => HttpProblem;
  /** Whether what was used is looked for in events, too. */
  readonly wantsUsage: boolean;
}

/**
 * Passes an agent's answer on as bytes, with its status and content type. Events are passed on as they come, with
 * back-pressure; a JSON answer is read to its end first, so that a broken one becomes a problem and not half a body.
 *
 * @throws HttpProblem `agent-failed` for what is neither JSON nor events, and when the agent refuses this gateway; what
 *   `problemOf` returns
 */
export async function passAnswer(passed: PassedAnswer): Promise<AnswerEnd> {
  const { answer, form } = passed;
  const type = String(answer.headers['content-type'] ?? '');
  const essence = essenceOf(type);
  if (answer.statusCode === 200 && essence === 'text/event-stream') return passEvents(passed);
  if (isJson(essence) && (answer.statusCode < 300 || answer.statusCode >= 400)) {
    const value = await passJson(passed, type);
    // What an agent refuses uses nothing.
    const usage = answer.statusCode >= 400 && answer.statusCode < 500 ? NOTHING : form.usageIn(value);
    return { isComplete: true, usage, problem: form.problemIn(value) };
  }
  answer.giveUp();
  throw new HttpProblem('agent-failed', `The agent answered ${answer.statusCode} with neither JSON nor events.`);
}

/** A media type without its parameters. */
function essenceOf(type: string): string {
  return type === 'application/json' ? type : (type.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function isJson(essence: string): boolean {
  return essence === 'application/json' || /^application\/(.+\+)?json$/.test(essence);
}

/** The agent's own words stay here: they are about this gateway, and not for its clients. */
function refused({ answer, context, agent }: PassedAnswer): HttpProblem {
  const { statusCode: status } = answer;
  context.log.error(
    { event: 'service-identity-refused', agent, status },
    'an agent refuses the identity of this gateway',
  );
  return new HttpProblem('agent-failed', 'The agent refuses the identity of this gateway.');
}

async function passJson(passed: PassedAnswer, type: string): Promise<unknown> {
  const { answer, form, response, context } = passed;
  const body = await answer.read(MAX_ANSWER_BYTES, tooLarge);
  const value = readJson(body);
  const code = passed.form.problemIn(value);
  if (answer.statusCode >= 400 && refusesService(answer.statusCode, { code })) throw refused(passed);
  const length = sizeOf(body);
  const retryAfter = answer.headers['retry-after'];
  if (form.fieldsOf !== undefined) context.audit.note(form.fieldsOf(value));
  response.writeHead(answer.statusCode, {
    'content-type': type,
    'content-length': length,
    ...(typeof retryAfter === 'string' && { 'retry-after': retryAfter }),
  });
  if (isClient(response)) {
    context.audit.countOut(length);
    if (context.audit.values !== undefined) context.audit.noteValue('result', joined(body));
    endWithTurn(response, isLarge(body) ? body : [joined(body)]);
  } else {
    response.end(joined(body));
  }
  return value;
}

/** Only to see that it is JSON, for which it does not matter what stands in its texts. @throws HttpProblem */
function readJson(body: Pieces): unknown {
  const outline = isLarge(body) ? outlineOf(body) : undefined;
  if (outline !== undefined) return outline.value;
  try {
    return JSON.parse(joined(body).toString('latin1'));
  } catch {
    throw new HttpProblem('agent-failed', 'The agent’s answer is not JSON.');
  }
}

/** Whoever makes another answer of it counts that one. */
function isClient(sink: AnswerSink): sink is ServerResponse {
  return sink instanceof ServerResponse;
}

function tooLarge(): HttpProblem {
  return new HttpProblem('agent-failed', `The agent's answer is over ${MAX_ANSWER_BYTES} bytes.`);
}

async function passEvents(passed: PassedAnswer): Promise<AnswerEnd> {
  const { answer, form, response, context } = passed;
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  const place = new StreamPlace();
  const audit = isClient(response) ? context.audit : undefined;
  const result = audit?.values?.begin('result');
  let usage: TokenUse | undefined;
  const look = ({ data }: { readonly data: string }): void => void (usage = form.usageInEvent(data) ?? usage);
  const events = passed.wantsUsage ? new EventStream(look) : undefined;
  try {
    await answer.passTo(response, (piece) => {
      place.after(piece);
      audit?.countOut(piece.length);
      result?.add(piece);
      events?.push(piece);
    });
    if (result !== undefined) context.audit.note(result.end());
    response.end();
    return { isComplete: true, usage };
  } catch (error) {
    const interruption = interruptionOf(context.departure);
    if (context.departure.aborted && interruption === undefined) throw error;
    const problem = interruption ?? passed.problemOf(error);
    // Inside an event nothing can be added that a client would read as its own event: cutting the connection says it.
    if (!place.isBetweenEvents) throw problem;
    context.audit.note({ problem: problem.code });
    response.end(form.failedEvent(problem, context.requestId));
    return { isComplete: false, usage };
  }
}

/** Where in a stream of events its bytes so far end. */
class StreamPlace {
  private beforeLast = LF;
  private last = LF;

  public get isBetweenEvents(): boolean {
    return this.beforeLast === LF && this.last === LF;
  }

  public after(piece: Buffer): void {
    this.beforeLast = piece.at(-2) ?? this.last;
    this.last = piece.at(-1) ?? this.last;
  }
}
