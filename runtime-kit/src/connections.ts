import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Connections beyond the most that are served, so that probes and refusals get through. */
const SPARE = 64;

/** Most requests of one connection that wait behind another one of it. */
const MAX_PIPELINED = 16;

/** The open connections of a server. */
export class Connections {
  /** Those that have not sent a request yet; Node does not count them as idle. */
  private readonly silent = new Set<Socket>();
  /** Those beyond the most that are served. */
  private readonly surplus = new Set<Socket>();
  /** How many requests of a connection wait. */
  private readonly pipelined = new WeakMap<Socket, number>();
  private open = 0;

  /** @param most at once; absent: no limit */
  public constructor(private readonly most = Infinity) {}

  /** How many a server accepts; what comes beyond it is dropped at once. */
  public get mostAccepted(): number {
    return this.most + SPARE;
  }

  public add(socket: Socket): void {
    this.silent.add(socket);
    this.open += 1;
    if (this.open > this.most) this.surplus.add(socket);
    socket.on('close', () => {
      this.open -= 1;
      this.silent.delete(socket);
      this.surplus.delete(socket);
    });
  }

  /** Notes that it has sent a request. */
  public noteRequest(socket: Socket): void {
    this.silent.delete(socket);
  }

  /** Whether it is beyond the most that are served. */
  public isSurplus(socket: Socket): boolean {
    return this.surplus.size > 0 && this.surplus.has(socket);
  }

  /** Notes that a request waits behind another one of its connection. @returns whether there are too many of them */
  public queue(socket: Socket, response: ServerResponse): boolean {
    const waiting = (this.pipelined.get(socket) ?? 0) + 1;
    this.pipelined.set(socket, waiting);
    response.once('close', () => this.pipelined.set(socket, (this.pipelined.get(socket) ?? 1) - 1));
    return waiting > MAX_PIPELINED;
  }

  /** Ends those that have not sent a request. */
  public destroySilent(): void {
    this.silent.forEach((socket) => socket.destroy());
  }
}
