import type { Dispatcher } from 'undici';
import type { ResponseHead } from './response-parser.js';

/** What an exchange asks of its connection. */
export interface ExchangeConnection {
  /** Closes it, since what comes on it is not wanted any more. */
  giveUp(): void;
  pause(): void;
  resume(): void;
}

/** Takes an answer, and may have memory for its body. */
export interface BodyHandler extends Dispatcher.DispatchHandler {
  /**
   * Where a body goes whose length is known.
   *
   * @param bytes how long it is, and one more
   * @default - memory that is made for it
   */
  roomFor?(bytes: number): Buffer | undefined;
}

/** One request and its answer, as undici's handlers see it. */
export class Http1Exchange implements Dispatcher.DispatchController {
  public aborted = false;
  public paused = false;
  public reason: Error | null = null;
  public rawHeaders: string[] | null = null;
  private connection: ExchangeConnection | undefined;
  private isOver = false;

  public constructor(
    public readonly method: string,
    private readonly handler: BodyHandler,
  ) {}

  /** A connection is there. @returns whether the request is to be sent on it */
  public start(connection: ExchangeConnection): boolean {
    this.handler.onRequestStart?.(this, null);
    if (this.isOver) return false;
    this.connection = connection;
    return true;
  }

  public head({ status, headers, reason }: ResponseHead): void {
    this.handler.onResponseStart?.(this, status, headers, reason);
  }

  public roomFor(bytes: number): Buffer | undefined {
    return this.isOver ? undefined : this.handler.roomFor?.(bytes);
  }

  public body(piece: Buffer): void {
    if (!this.isOver) this.handler.onResponseData?.(this, piece);
  }

  public end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.connection = undefined;
    this.handler.onResponseEnd?.(this, {});
  }

  /** There is no answer, or no end of it. */
  public fail(error: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.connection = undefined;
    this.handler.onResponseError?.(this, error);
  }

  public abort(reason: Error): void {
    if (this.isOver) return;
    const { connection } = this;
    this.aborted = true;
    this.reason = reason;
    this.fail(reason);
    connection?.giveUp();
  }

  public pause(): void {
    this.paused = true;
    this.connection?.pause();
  }

  public resume(): void {
    this.paused = false;
    this.connection?.resume();
  }
}
