import type { IncomingHttpHeaders } from 'node:http';
import { lend, type BodyHandler, type Dispatcher } from '@agentyard/runtime-kit';
import type { Deadline } from '../../deadline.js';
import { EventStream, type ServerSentEvent } from '../wire/event-stream.js';
import { addPiece, inFewPieces, type Pieces } from '../wire/json-text.js';
import { NotServedError } from './unavailable.js';

/** Largest answer of a server that is no stream, and largest event of one. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** How long a stream is read on after the answer in it, so that its connection can be used again. */
const LINGER_MS = 1_000;

/** An answer with its body. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty for a stream of events, which were told. */
  readonly body: Pieces;
  readonly isStream: boolean;
}

export interface HttpExchangeOptions {
  readonly request: Dispatcher.DispatchOptions;
  /** Ends the exchange. */
  readonly deadline: Deadline;
  /**
   * Told of each event. The stream waits for a promise. @returns `true` when no other event is waited for
   */
  readonly onEvent: (event: ServerSentEvent) => boolean | Promise<boolean>;
  /** Whether the body may be of memory that is lent: then it is for `endWithTurn`, or for nobody. @default false */
  readonly isPassedOn?: boolean | undefined;
  /** Told when a stream begins, before its events. */
  readonly onStream?: (headers: IncomingHttpHeaders) => void;
}

/**
 * Sends a request, and resolves with its answer, or when a stream has no more to say. By undici's
 * handlers: no Readable is made, and no promise for each piece.
 */
export function exchangeHttp(dispatcher: Dispatcher, options: HttpExchangeOptions): Promise<HttpAnswer> {
  options.deadline.throwIfEnded();
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(options.request, new HttpExchange(options, resolve, reject));
  });
}

class HttpExchange implements BodyHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  private chunks: Buffer[] = [];
  private size = 0;
  private events: EventStream | undefined;
  /** Events that wait until one before them is taken. */
  private waiting: ServerSentEvent[] | undefined;
  private isOver = false;
  private hasEnded = false;

  public constructor(
    private readonly options: HttpExchangeOptions,
    private readonly resolve: (answer: HttpAnswer) => void,
    private readonly reject: (error: Error) => void,
  ) {
    options.deadline.addEventListener('abort', this.abort);
  }

  public onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.isOver) controller.abort(new Error('it was given up'));
  }

  public onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // Informational answers come before the one that counts.
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    if (!isEventStream(headers['content-type'])) return;
    this.events = new EventStream((event) => this.tell(event));
    this.options.onStream?.(headers);
  }

  public roomFor(bytes: number): Buffer | undefined {
    return this.options.isPassedOn === true ? lend(bytes) : undefined;
  }

  public onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    this.size += chunk.length;
    if (this.events === undefined) addPiece(this.chunks, chunk);
    else this.events.push(chunk);
    if (this.size > MAX_ANSWER_BYTES)
      this.fail(new NotServedError(`its answer is over ${MAX_ANSWER_BYTES} bytes`, true));
  }

  public onResponseEnd(): void {
    this.events?.end();
    this.hasEnded = true;
    if (this.waiting === undefined) this.finish();
  }

  public onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  private tell(event: ServerSentEvent): void {
    this.size = 0;
    if (this.isOver) return;
    if (this.waiting !== undefined) return void this.waiting.push(event);
    const isEnough = this.options.onEvent(event);
    if (isEnough === true) this.finish();
    else if (isEnough !== false) this.wait(isEnough);
  }

  private wait(taken: Promise<boolean>): void {
    this.waiting = [];
    this.controller?.pause();
    taken.then(
      (isEnough) => {
        const events = this.waiting ?? [];
        this.waiting = undefined;
        if (isEnough) return this.finish();
        while (events.length > 0 && this.waiting === undefined) this.tell(events.shift() as ServerSentEvent);
        (this.waiting as ServerSentEvent[] | undefined)?.push(...events);
        if (this.waiting !== undefined) return;
        if (this.hasEnded) this.finish();
        else this.controller?.resume();
      },
      (error: Error) => this.fail(error),
    );
  }

  private finish(): void {
    if (!this.end()) return;
    const { status, headers, chunks, controller } = this;
    this.resolve({ status, headers, body: inFewPieces(chunks), isStream: this.events !== undefined });
    if (this.hasEnded) return;
    controller?.resume();
    setTimeout(() => !this.hasEnded && controller?.abort(new Error('nothing more is waited for')), LINGER_MS).unref();
  }

  private fail(error: Error): void {
    this.hasEnded ||= this.controller?.aborted ?? false;
    if (!this.end()) return;
    this.reject(error);
    this.controller?.abort(error);
  }

  /** @returns whether it had not ended before */
  private end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.options.deadline.removeEventListener('abort', this.abort);
    return true;
  }

  private readonly abort = (): void => this.fail(this.options.deadline.reason as Error);
}

function isEventStream(type: string | string[] | undefined): boolean {
  return typeof type === 'string' && /^\s*text\/event-stream\s*(;|$)/i.test(type);
}
