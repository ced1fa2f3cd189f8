import type { IncomingHttpHeaders } from 'node:http';
import type { Writable } from 'node:stream';
import { lend, type BodyHandler, type Dispatcher } from '@agentyard/runtime-kit';
import type { Deadline } from './deadline.js';
import { addPiece, inFewPieces, type Pieces } from './mcp/wire/json-text.js';

/** An answer whose head is there. Its body is taken once, by `read` or by `passTo`, or given up. */
export interface PodAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  /**
   * The whole body, of memory that may be lent: it is for `endWithTurn`, or for nobody. Rejects with `tooLarge` as soon as it is over
   * `maxBytes`, and with what breaks the connection.
   */
  read(maxBytes: number, tooLarge: () => Error): Promise<Pieces>;
  /**
   * Writes the pieces of the body as they come, and takes no more while the writable is full. It is not ended. Rejects
   * with what breaks the connection.
   *
   * @param look shown each piece before it is written
   */
  passTo(writable: Writable, look: (piece: Buffer) => void): Promise<void>;
  /** Ends the connection. */
  giveUp(): void;
}

/**
 * Sends a request to a pod, and resolves with the head of the answer. By the events of undici: no stream is made, and no
 * promise for each piece.
 *
 * @param deadline ends the request, at any time
 */
export function requestPod(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  deadline: Deadline,
): Promise<PodAnswer> {
  return new Promise((resolve, reject) => {
    const request = new PodRequest(deadline, resolve, reject);
    dispatcher.dispatch(options, request);
  });
}

type Settle = (error: Error | undefined) => void;

class PodRequest implements BodyHandler, PodAnswer {
  public statusCode = 0;
  public headers: IncomingHttpHeaders = {};
  private controller: Dispatcher.DispatchController | undefined;
  /** Why there is no more to come. */
  private error: Error | undefined;
  private hasEnded = false;
  /** What has come before somebody takes it, or all of what is read. */
  private pieces: Buffer[] = [];
  private take = (piece: Buffer): void => addPiece(this.pieces, piece);
  private settle: Settle = (error) => {
    if (error !== undefined) this.refuse(error);
  };

  public constructor(
    private readonly deadline: Deadline,
    private readonly accept: (answer: PodAnswer) => void,
    private readonly refuse: (error: Error) => void,
  ) {
    deadline.addEventListener('abort', () => this.abort(deadline.reason as Error));
  }

  public onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It was given up while it waited for a connection.
    if (this.error !== undefined) controller.abort(this.error);
  }

  public onResponseStart(_: unknown, statusCode: number, headers: IncomingHttpHeaders): void {
    // Others come before the answer (RFC 9110, 15.2).
    if (statusCode < 200) return;
    this.statusCode = statusCode;
    this.headers = headers;
    this.settle = () => undefined;
    this.accept(this);
  }

  public roomFor(bytes: number): Buffer | undefined {
    return lend(bytes);
  }

  public onResponseData(_: unknown, piece: Buffer): void {
    this.take(piece);
  }

  public onResponseEnd(): void {
    this.hasEnded = true;
    this.settle(undefined);
  }

  public onResponseError(_: unknown, error: Error): void {
    if (this.error !== undefined || this.hasEnded) return;
    this.error = error;
    this.settle(error);
  }

  public async read(maxBytes: number, tooLarge: () => Error): Promise<Pieces> {
    let size = 0;
    const count = (piece: Buffer): void => {
      size += piece.length;
      if (size > maxBytes) this.abort(tooLarge());
    };
    this.pieces.forEach(count);
    this.take = (piece) => {
      addPiece(this.pieces, piece);
      count(piece);
    };
    await this.ended();
    return inFewPieces(this.pieces);
  }

  public passTo(writable: Writable, look: (piece: Buffer) => void): Promise<void> {
    let isFull = false;
    const goOn = (): void => {
      isFull = false;
      this.controller?.resume();
    };
    this.take = (piece) => {
      look(piece);
      if (writable.write(piece) || isFull) return;
      isFull = true;
      this.controller?.pause();
      writable.once('drain', goOn);
    };
    this.pieces.splice(0).forEach(this.take);
    return this.ended();
  }

  public giveUp(): void {
    this.abort(new Error('the answer is not wanted'));
  }

  /** Resolves when all of the body has come. */
  private ended(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.settle = (error) => (error === undefined ? resolve() : reject(error));
      if (this.hasEnded || this.error !== undefined) this.settle(this.error);
    });
  }

  private abort(error: Error): void {
    if (this.hasEnded) return;
    this.onResponseError(undefined, error);
    this.controller?.abort(error);
  }
}
