import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as TcpServer, type AddressInfo, type Socket } from 'node:net';
import { Exchange, type ExchangeOwner, type Handler } from './exchange.js';
import { HttpProblem, sendJson } from './http-problem.js';
import type { Health } from './health.js';
import type { Logger } from './logger.js';
import type { Outcome } from './metrics.js';
import { RequestLines } from './request-lines.js';

/** Handlers by path, then by method; method `*` takes all. */
export type Routes = Readonly<Record<string, Readonly<Record<string, Handler>>>>;

export interface HttpServerOptions {
  readonly host?: string;
  readonly port: number;
  readonly routes: Routes;
  readonly health: Health;
  readonly log: Logger;
  /** Told of each request of a route when it has ended. @default - nobody is */
  readonly onRequestEnd?: (outcome: Outcome) => void;
  /**
   * How long a client may take nothing of an answer that is complete, in milliseconds; then the connection is cut.
   *
   * @default 60000
   */
  readonly stallMs?: number;
}

/** How long a connection that was made just before the server closes may take to send its request. */
const FIRST_REQUEST_MS = 1_000;

/** How long a connection is kept for its next request, at the end of the server too; clients are told of it. */
const KEEP_ALIVE_MS = 5_000;

/** How long interrupted requests may take to say their last words. */
const LAST_WORDS_MS = 1_000;

/** Seconds after which a client may send an interrupted request again: another replica answers at once. */
const RETRY_AFTER_SECONDS = '1';

/** Paths of probes: as Kubernetes' own parts call them, and in words. */
const LIVENESS = ['/healthz', '/health'];
const READINESS = ['/readyz', '/ready'];

/** An HTTP server that answers probes, gives each request an id and a log line, and drains. */
export class HttpServer implements ExchangeOwner {
  public readonly lines: RequestLines;
  private readonly server: Server;
  /** Connections that have not sent a request yet; Node does not count them as idle. */
  private readonly silent = new Set<Socket>();
  /** Requests whose answer is not complete and logged yet. */
  private readonly open = new Set<Exchange>();
  private closing = false;
  private onIdle: () => void = () => undefined;

  public constructor(private readonly options: HttpServerOptions) {
    this.lines = new RequestLines(options.log);
    const limitStall = stallLimit(options.stallMs);
    const timeouts = {
      requestTimeout: 60_000,
      headersTimeout: 10_000,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 2_000,
    };
    this.server = createServer({ ...timeouts, maxHeaderSize: 32_768 }, (request, response) => {
      this.silent.delete(request.socket);
      response.on('prefinish', limitStall);
      this.handle(request, response);
    });
    this.server.on('connection', (socket: Socket) => {
      this.silent.add(socket);
      socket.once('close', () => this.silent.delete(socket));
    });
  }

  /** Starts to listen. @returns the port, which matters when the one asked for was 0 */
  public async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.options.port, this.options.host, () => resolve());
    });
    return (this.server.address() as AddressInfo).port;
  }

  /** Requests that are being answered; a stream counts until it ends. */
  public get inFlight(): number {
    return this.open.size;
  }

  /**
   * Takes no new connections, and resolves when the requests in flight are done and logged. Those that are not after
   * `graceMs` are answered with `runtime-ending`. A request on a connection that is open already is still answered,
   * as its last one: an idle connection is left until its client closes it or its time is over, since closing it
   * could cross with a request, which the client would have to take for one that may have had its effect.
   */
  public async close(graceMs: number): Promise<void> {
    this.closing = true;
    for (const exchange of this.open) exchange.announceClose();
    const timers = [
      setTimeout(() => this.interruptAll(), graceMs),
      setTimeout(() => this.server.closeAllConnections(), graceMs + LAST_WORDS_MS),
      setTimeout(() => this.silent.forEach((socket) => socket.destroy()), Math.min(graceMs, FIRST_REQUEST_MS)),
    ];
    // The close of an HTTP server would end idle connections first.
    await new Promise<void>((resolve) => TcpServer.prototype.close.call(this.server, () => resolve()));
    timers.forEach(clearTimeout);
    // The last connection may be gone a moment before its responses say so.
    if (this.open.size > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  private interruptAll(): void {
    const problem = new HttpProblem('runtime-ending', 'It may be sent again.', undefined, {
      'retry-after': RETRY_AFTER_SECONDS,
    });
    for (const exchange of this.open) exchange.interrupt(problem);
    this.server.closeIdleConnections();
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request.url);
    const isReadiness = READINESS.includes(path);
    if (isReadiness || LIVENESS.includes(path)) {
      this.answerProbe(isReadiness ? this.options.health.reasons() : [], response);
      return;
    }
    const isRoute = Object.hasOwn(this.options.routes, path);
    const exchange = new Exchange({ path, isRoute }, request, response, this);
    this.open.add(exchange);
    if (this.closing || this.options.health.isDraining) exchange.announceClose();
    void exchange.answer(this.route);
  }

  /** Called by exchanges. */
  public onExchangeEnd(exchange: Exchange, outcome: Outcome): void {
    this.open.delete(exchange);
    if (exchange.target.isRoute) this.options.onRequestEnd?.(outcome);
    if (this.open.size === 0) this.onIdle();
  }

  private readonly route = (request: IncomingMessage, path: string): Handler => {
    const methods = Object.hasOwn(this.options.routes, path) ? this.options.routes[path] : undefined;
    if (methods === undefined) throw new HttpProblem('path-unknown');
    const method = request.method ?? 'GET';
    const handler = Object.hasOwn(methods, method) ? methods[method] : methods['*'];
    if (handler === undefined) {
      throw new HttpProblem('method-not-allowed', undefined, undefined, { allow: Object.keys(methods).join(', ') });
    }
    return handler;
  };

  /** Connections of probes are not kept: they would be the last ones that hold up an end. */
  private answerProbe(reasons: readonly string[], response: ServerResponse): void {
    response.setHeader('connection', 'close');
    sendJson(response, reasons.length === 0 ? 200 : 503, {
      status: reasons.length === 0 ? 'ok' : 'not ready',
      reasons,
    });
  }
}

/**
 * Node waits without end for a client that does not read. Most answers are with the kernel when they are complete; for
 * the others there is a time limit, which that of a kept connection replaces.
 */
function stallLimit(stallMs = 60_000): (this: ServerResponse) => void {
  return function () {
    if (this.socket !== null && this.socket.writableLength > 0) this.socket.setTimeout(stallMs);
  };
}

/** The path of a request target in origin or absolute form (RFC 9112, 3.2), without the query and as it was sent. */
function pathOf(target = '/'): string {
  if (target.startsWith('/')) {
    const query = target.indexOf('?');
    return query < 0 ? target : target.slice(0, query);
  }
  return URL.parse(target)?.pathname ?? target;
}
