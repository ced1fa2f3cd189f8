import type { Socket } from 'node:net';
import { errors } from 'undici';
import type { ExchangeConnection, Http1Exchange } from './http1-exchange.js';
import { ResponseParser, type ResponseHead, type ResponseSink } from './response-parser.js';
import type { ReadSink, SocketReader } from './socket-reader.js';

/** A request as it is written. */
export interface WrittenRequest {
  /** In Latin-1. */
  readonly head: string;
  readonly body: Buffer | undefined;
}

/** Requests up to this size are written in one piece. */
const SMALL_BYTES = 4_000;

/** A connection to an HTTP/1.1 server: one request at a time. */
export class Http1Connection implements ResponseSink, ReadSink, ExchangeConnection {
  /** When it was made, and when its last answer ended, in milliseconds of `performance.now()`. */
  public readonly since = performance.now();
  public idleSince = this.since;
  private readonly parser = new ResponseParser(this);
  private exchange: Http1Exchange | undefined;
  private mayStay = true;
  /** Whether more may have come with what was read last, which would come up when the next request is on its way. */
  private mayHaveMore = false;
  private closed = false;

  /**
   * @param reader of the socket
   * @param onFree told when it can take another request
   */
  public constructor(
    private readonly socket: Socket,
    reader: SocketReader,
    private readonly onFree: (connection: Http1Connection) => void,
  ) {
    socket.setNoDelay(true);
    reader.sink = this;
    socket.on('end', () => this.otherSideClosed());
    socket.on('error', (error) => this.close(error));
    socket.on('close', () => this.close(new errors.SocketError('other side closed')));
  }

  public get isClosed(): boolean {
    return this.closed;
  }

  /** Sends a request, unless it was given up meanwhile. */
  public send(exchange: Http1Exchange, { head, body }: WrittenRequest): void {
    if (!exchange.start(this)) return this.free();
    this.exchange = exchange;
    this.parser.begin(exchange.method);
    this.write(head, body);
  }

  /** Closes it. What is under way on it fails. */
  public close(error: Error): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.destroy();
    const { exchange } = this;
    this.exchange = undefined;
    exchange?.fail(error);
  }

  public giveUp(): void {
    this.exchange = undefined;
    this.close(new Error('it was given up'));
  }

  public pause(): void {
    this.socket.pause();
  }

  public resume(): void {
    this.socket.resume();
  }

  public get room(): Buffer | undefined {
    return this.parser.room;
  }

  public read(bytes: Buffer, isFull: boolean): void {
    if (this.closed) return;
    this.mayHaveMore = isFull;
    try {
      if (this.exchange === undefined) throw new errors.SocketError('an answer came that nobody has asked for');
      this.parser.push(bytes);
    } catch (error) {
      this.close(error as Error);
    }
  }

  public onHead(head: ResponseHead): void {
    this.mayStay = head.isPersistent;
    this.exchange?.head(head);
  }

  public roomFor(bytes: number): Buffer | undefined {
    return this.exchange?.roomFor(bytes);
  }

  public onBody(piece: Buffer): void {
    this.exchange?.body(piece);
  }

  public onEnd(surplus: number): void {
    if (surplus > 0 || this.mayHaveMore) this.mayStay = false;
    const { exchange } = this;
    this.exchange = undefined;
    this.free();
    exchange?.end();
  }

  private free(): void {
    if (this.closed) return;
    // An answer that comes before all of its request was sent says that the rest is not read.
    if (!this.mayStay || this.socket.writableLength > 0) return this.close(new Error('it is not used again'));
    if (this.socket.isPaused()) this.socket.resume();
    this.idleSince = performance.now();
    this.onFree(this);
  }

  private write(head: string, body: Buffer | undefined): void {
    const length = body?.length ?? 0;
    if (head.length + length > SMALL_BYTES && body !== undefined) {
      this.socket.cork();
      this.socket.write(head, 'latin1');
      this.socket.write(body);
      this.socket.uncork();
      return;
    }
    const bytes = Buffer.allocUnsafe(head.length + length);
    bytes.write(head, 'latin1');
    body?.copy(bytes, head.length);
    this.socket.write(bytes);
  }

  private otherSideClosed(): void {
    try {
      if (this.exchange !== undefined) this.parser.close();
      this.close(new errors.SocketError('other side closed'));
    } catch (error) {
      this.close(error as Error);
    }
  }
}
