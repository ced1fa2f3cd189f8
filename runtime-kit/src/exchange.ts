import type { IncomingMessage, ServerResponse } from 'node:http';
import { PROBLEMS, type ProblemCode } from 'agentyard/contract';
import { Departure, type Departing } from './departure.js';
import { hasUnreadBody, HttpProblem, sendProblem } from './http-problem.js';
import type { Logger } from './logger.js';
import type { Outcome } from './metrics.js';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';
import type { RequestLines } from './request-lines.js';
import { endWaiting } from './turn-answers.js';

type Fields = Readonly<Record<string, unknown>>;

/** What a handler is told of a request beside the request itself. */
export interface RequestContext {
  readonly requestId: string;
  /** Logger that adds the request id. */
  readonly log: Logger;
  /**
   * Aborted before the answer is complete when the client goes away, or when the runtime has to end: then
   * {@link interruptionOf} has the problem to end a stream with. It is made when it is first asked for.
   */
  readonly signal: AbortSignal;
  /** Says the same as `signal`, for less. */
  readonly departure: Departing;
  /** Adds fields to the line that is written when the request has ended: those that they are then. */
  annotate(fields: Fields): void;
  /** Writes a line of level `info` that has the request id: the one that `log` would write, for less. */
  writeLine(fields: Fields, message: string): void;
  /** Tells one listener when it has ended, after its log line. */
  onEnd(listener: EndListener): void;
}

/** Who is told that a request has ended. */
export interface EndListener {
  /** @param status of the answer; one that is not complete has one too */
  ended(outcome: Outcome, durationMs: number, status: number): void;
}

export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
) => Promise<void> | void;

/** Codes of problems that say that nothing was done, because of load. */
const OVERLOADED: ReadonlySet<unknown> = new Set<ProblemCode>(['overloaded', 'circuit-open', 'quota-unavailable']);

/** What ended a request that neither its handler nor its client has ended; absent otherwise. */
export function interruptionOf({ reason }: Pick<Departing, 'reason'>): HttpProblem | undefined {
  return reason instanceof HttpProblem ? reason : undefined;
}

/** Who is told of the end of an exchange. */
export interface ExchangeOwner {
  readonly lines: RequestLines;
  /** Called once, when the connection has all of the answer or is gone. */
  onExchangeEnd(exchange: Exchange, outcome: Outcome): void;
}

/** One request and its answer, from the first byte to the log line. */
export class Exchange implements RequestContext {
  public readonly requestId: string;
  public readonly departure = new Departure();
  /** Its place among those that are open. */
  public place = -1;
  private readonly started = performance.now();
  private notes: Fields[] | undefined;
  private logger: Logger | undefined;
  private problem: ProblemCode | undefined;
  private cut = false;
  private aborter: AbortController | undefined;
  private listener: EndListener | undefined;

  public constructor(
    public readonly target: { readonly path: string; readonly isRoute: boolean },
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly owner: ExchangeOwner,
  ) {
    this.requestId = requestIdOf(request);
    response.setHeader(REQUEST_ID_HEADER, this.requestId);
    response.on('close', () => this.owner.onExchangeEnd(this, this.finish()));
  }

  public get log(): Logger {
    return (this.logger ??= this.owner.lines.loggerFor(this.requestId));
  }

  public get signal(): AbortSignal {
    if (this.aborter === undefined) {
      const aborter = (this.aborter = new AbortController());
      if (this.departure.aborted) aborter.abort(this.departure.reason);
      else this.departure.addEventListener('abort', () => aborter.abort(this.departure.reason));
    }
    return this.aborter.signal;
  }

  public annotate(fields: Fields): void {
    // An empty array that grows gets room for seventeen.
    if (this.notes === undefined) this.notes = [fields];
    else this.notes.push(fields);
  }

  public onEnd(listener: EndListener): void {
    this.listener = listener;
  }

  public writeLine(fields: Fields, message: string): void {
    this.owner.lines.write(this.requestId, fields, message);
  }

  /** Tells the client that this answer is the last one on its connection, if that can still be told. */
  public announceClose(): void {
    if (!this.response.headersSent) this.response.setHeader('connection', 'close');
  }

  /** Whether it goes over this connection. */
  public isOn(socket: unknown): boolean {
    return this.request.socket === socket;
  }

  /**
   * Sees that the connection is cut if its client takes nothing for a time; to be asked twice in that time. While
   * nothing waits to be sent there is no limit: answers take their time.
   */
  public limitStall(stallMs: number): void {
    const { socket } = this.response;
    const limit = socket !== null && socket.writableLength > 0 ? stallMs : 0;
    if (socket !== null && socket.timeout !== limit) socket.setTimeout(limit);
  }

  /** Answers by a handler. What it throws becomes a problem document. */
  public answer(find: (request: IncomingMessage, path: string) => Handler): void {
    try {
      const answered = find(this.request, this.target.path)(this.request, this.response, this);
      if (answered instanceof Promise) answered.catch((error: unknown) => this.handlerFailed(error));
    } catch (error) {
      this.handlerFailed(error);
    }
  }

  private handlerFailed(error: unknown): void {
    if (interruptionOf(this.departure) !== undefined) this.cutOff();
    // Nobody is left to answer, and what broke because of that is no fault of ours.
    if (this.departure.aborted) return;
    this.fail(error instanceof HttpProblem ? error : unexpected(error, this.log));
  }

  /** Ends it before its time: with the problem if no answer has begun, else as its handler does at the abort. */
  public interrupt(problem: HttpProblem): void {
    endWaiting();
    if (this.response.writableEnded) return;
    if (this.response.headersSent) {
      this.problem = problem.code;
      this.cut = true;
    } else {
      this.fail(problem);
    }
    this.departure.abort(problem);
  }

  /** For a stream whose handler has no last words: the client sees that it is not complete. */
  private cutOff(): void {
    if (!this.response.writableEnded) this.response.destroy();
  }

  private fail(problem: HttpProblem): void {
    this.problem = problem.code;
    // After these the connection is closed by either side, which is no departure of the client.
    this.cut = this.response.headersSent || hasUnreadBody(this.request);
    sendProblem(this.request, this.response, problem, this.requestId);
  }

  private finish(): Outcome {
    const { response, request, problem } = this;
    const aborted = !response.writableFinished && !this.cut;
    const duration = performance.now() - this.started;
    if (aborted) this.departure.abort(new Error('the client went away'));
    const line: Record<string, unknown> = {
      event: 'request',
      method: request.method,
      path: this.target.path,
      status: response.statusCode,
      duration_ms: Math.round(duration),
    };
    if (aborted) line.aborted = true;
    for (const fields of this.notes ?? []) Object.assign(line, fields);
    if (problem !== undefined) line.problem = problem;
    this.writeLine(line, 'request');
    const outcome = aborted ? 'aborted' : outcomeOf(line.problem, response.statusCode);
    this.listener?.ended(outcome, duration, response.statusCode);
    return outcome;
  }
}

/** A stream that ended with a problem began with status 200. */
function statusOf(code: unknown): number | undefined {
  return typeof code === 'string' && Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code as ProblemCode].status : undefined;
}

function outcomeOf(problem: unknown, answered: number): Outcome {
  if (OVERLOADED.has(problem)) return 'overloaded';
  const status = statusOf(problem) ?? answered;
  if (status < 400) return 'ok';
  return status < 500 ? 'refused' : 'failed';
}

function unexpected(error: unknown, log: Logger): HttpProblem {
  log.error({ err: error }, 'request failed');
  return new HttpProblem('internal-error', 'See the log line of this request id.');
}
