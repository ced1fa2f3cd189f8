import type { OnReadOpts, Socket } from 'node:net';
import { Http1Connection, type WrittenRequest } from './http1-connection.js';
import type { Http1Exchange } from './http1-exchange.js';
import { SocketReader } from './socket-reader.js';

/** How connections are made, and how long they are kept, in milliseconds. */
export interface ConnectionTerms {
  /** Makes one that is read so. */
  readonly connect: (onread: OnReadOpts, take: (error: Error | null, socket: Socket | null) => void) => void;
  /** After its last answer. */
  readonly idleMs: number;
  /** After it was made, so that new pods get their share of the traffic. */
  readonly lifetimeMs: number;
}

/** A connection that was idle for longer may have been closed, and nobody has looked yet. */
const UNSEEN_MS = 500;

/** The connections to one origin. A request takes the one that was used last, or a new one. */
export class OriginConnections {
  private readonly all = new Set<Http1Connection>();
  /** The one that was used last is at the end. */
  private readonly idle: Http1Connection[] = [];
  private connecting = 0;
  /** Why there are no more. */
  private ended: Error | undefined;

  public constructor(private readonly terms: ConnectionTerms) {}

  /** Whether there is nothing left of it. */
  public get isEmpty(): boolean {
    return this.all.size === 0 && this.connecting === 0;
  }

  public send(exchange: Http1Exchange, request: WrittenRequest): void {
    const connection = this.idle.pop();
    if (connection === undefined) return this.connect(exchange, request);
    const idleMs = performance.now() - connection.idleSince;
    if (connection.isClosed || idleMs > this.terms.idleMs) {
      this.drop(connection);
      return this.send(exchange, request);
    }
    if (idleMs < UNSEEN_MS) return connection.send(exchange, request);
    setImmediate(() => {
      if (connection.isClosed) this.send(exchange, request);
      else connection.send(exchange, request);
    });
  }

  /** Closes those that are idle for too long, and forgets those that are closed. */
  public sweep(): void {
    const now = performance.now();
    const { idleMs } = this.terms;
    for (const connection of this.idle.splice(0)) {
      if (connection.isClosed || now - connection.idleSince > idleMs) this.drop(connection);
      else this.idle.push(connection);
    }
    for (const connection of this.all) if (connection.isClosed) this.all.delete(connection);
  }

  /** Closes all, and makes no more. */
  public close(error: Error): void {
    this.ended = error;
    this.idle.length = 0;
    for (const connection of this.all) connection.close(error);
    this.all.clear();
  }

  private connect(exchange: Http1Exchange, request: WrittenRequest): void {
    this.connecting += 1;
    const reader = new SocketReader();
    this.terms.connect(reader.options, (error, socket) => {
      this.connecting -= 1;
      if (socket === null) return exchange.fail(error ?? new Error('no connection came about'));
      const connection = new Http1Connection(socket, reader, this.take);
      this.all.add(connection);
      if (this.ended !== undefined) {
        exchange.fail(this.ended);
        this.drop(connection);
      } else {
        connection.send(exchange, request);
      }
    });
  }

  private drop(connection: Http1Connection): void {
    this.all.delete(connection);
    connection.close(new Error('it was idle'));
  }

  private readonly take = (connection: Http1Connection): void => {
    if (connection.idleSince - connection.since > this.terms.lifetimeMs) this.drop(connection);
    else this.idle.push(connection);
  };
}
