import type { IncomingMessage, ServerResponse } from 'node:http';
import { PROBLEMS, type ProblemCode } from 'agentyard/contract';
import { hasUnreadBody, HttpProblem, sendProblem } from './http-problem.js';
import type { Logger } from './logger.js';
import type { Outcome } from './metrics.js';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';

/** What a handler is told of a request beside the request itself. */
export interface RequestContext {
  readonly requestId: string;
  /** Logger that adds the request id. */
  readonly log: Logger;
  /**
   * Aborted before the answer is complete when the client goes away, or when the runtime has to end: then
   * {@link interruptionOf} has the problem to end a stream with.
   */
  readonly signal: AbortSignal;
  /** Adds fields to the line that is written when the request has ended. */
  annotate(fields: Readonly<Record<string, unknown>>): void;
}

export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
) => Promise<void> | void;

/** What ended a request that neither its handler nor its client has ended; absent otherwise. */
export function interruptionOf(signal: AbortSignal): HttpProblem | undefined {
  return signal.reason instanceof HttpProblem ? signal.reason : undefined;
}

/** One request and its answer, from the first byte to the log line. */
export class Exchange {
  private readonly requestId: string;
  private readonly log: Logger;
  private readonly fields: Record<string, unknown> = {};
  private readonly aborter = new AbortController();
  private readonly started = performance.now();
  private cut = false;

  /** @param onEnd told once, when the connection has all of the answer or is gone */
  public constructor(
    private readonly path: string,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    log: Logger,
    onEnd: (outcome: Outcome) => void,
  ) {
    this.requestId = requestIdOf(request);
    this.log = log.child({ requestId: this.requestId });
    response.setHeader(REQUEST_ID_HEADER, this.requestId);
    response.once('close', () => onEnd(this.finish()));
  }

  /** Tells the client that this answer is the last one on its connection, if that can still be told. */
  public announceClose(): void {
    if (!this.response.headersSent) this.response.setHeader('connection', 'close');
  }

  /** Answers by a handler. What it throws becomes a problem document. */
  public async answer(find: () => Handler): Promise<void> {
    const { requestId, log, aborter, fields } = this;
    const annotate = (more: Readonly<Record<string, unknown>>) => void Object.assign(fields, more);
    try {
      await find()(this.request, this.response, { requestId, log, signal: aborter.signal, annotate });
    } catch (error) {
      if (interruptionOf(aborter.signal) !== undefined) this.cutOff();
      // Nobody is left to answer, and what broke because of that is no fault of ours.
      if (aborter.signal.aborted) return;
      this.fail(error instanceof HttpProblem ? error : unexpected(error, log));
    }
  }

  /** Ends it before its time: with the problem if no answer has begun, else as its handler does at the abort. */
  public interrupt(problem: HttpProblem): void {
    if (this.response.writableEnded) return;
    if (this.response.headersSent) {
      this.fields.problem = problem.code;
      this.cut = true;
    } else {
      this.fail(problem);
    }
    this.aborter.abort(problem);
  }

  /** For a stream whose handler has no last words: the client sees that it is not complete. */
  private cutOff(): void {
    if (!this.response.writableEnded) this.response.destroy();
  }

  private fail(problem: HttpProblem): void {
    this.fields.problem = problem.code;
    // After these the connection is closed by either side, which is no departure of the client.
    this.cut = this.response.headersSent || hasUnreadBody(this.request);
    sendProblem(this.request, this.response, problem, this.requestId);
  }

  private finish(): Outcome {
    const { response, request, path, fields } = this;
    const aborted = !response.writableFinished && !this.cut;
    if (aborted) this.aborter.abort(new Error('the client went away'));
    const line = {
      event: 'request',
      method: request.method,
      path,
      status: response.statusCode,
      duration_ms: Math.round(performance.now() - this.started),
      ...(aborted && { aborted }),
      ...fields,
    };
    this.log.info(line, 'request');
    return aborted ? 'aborted' : outcomeOf(statusOf(fields.problem) ?? response.statusCode);
  }
}

/** A stream that ended with a problem began with status 200. */
function statusOf(code: unknown): number | undefined {
  return typeof code === 'string' && Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code as ProblemCode].status : undefined;
}

function outcomeOf(status: number): Outcome {
  if (status < 400) return 'ok';
  return status < 500 ? 'refused' : 'failed';
}

function unexpected(error: unknown, log: Logger): HttpProblem {
  log.error({ err: error }, 'request failed');
  return new HttpProblem('internal-error', 'See the log line of this request id.');
}
