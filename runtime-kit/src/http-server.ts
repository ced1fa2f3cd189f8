import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Server as TcpServer, type AddressInfo, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Connections } from './connections.js';
import { Exchange, type ExchangeOwner, type Handler } from './exchange.js';
import { HttpProblem, sendJson } from './http-problem.js';
import { FieldListResponse } from './field-list-response.js';
import type { Health } from './health.js';
import type { Logger } from './logger.js';
import type { Outcome } from './metrics.js';
import { PlacedSet } from './placed-set.js';
import { problemOfProtocol, refuseConnection } from './protocol-error.js';
import { quietTurn } from './quiet-turn.js';
import { guardRequest } from './request-guard.js';
import { RequestLines } from './request-lines.js';
import type { ServerTls } from './tls/server-tls.js';

/** Handlers by path, then by method; method `*` takes all, and a path `<folder>/*` what stands in this folder. */
export type Routes = Readonly<Record<string, Readonly<Record<string, Handler>>>>;

/** How a server is at its door, beside what it serves. */
export interface HttpDoor {
  /** TLS of its port. @default - plain HTTP */
  readonly tls?: ServerTls;
  /** Most connections at once; those beyond get `intake-exhausted`, but for probes. @default - no limit */
  readonly maxConnections?: number;
}

export interface HttpServerOptions extends HttpDoor {
  readonly host?: string;
  readonly port: number;
  readonly routes: Routes;
  readonly health: Health;
  readonly log: Logger;
  /** Told of each request of a route when it has ended. @default - nobody is */
  readonly onRequestEnd?: (outcome: Outcome) => void;
  /**
   * How long a client may take nothing of what waits for it, in milliseconds; then the connection is cut, after twice
   * that time at the latest.
   *
   * @default 60000
   */
  readonly stallMs?: number;
  /** How long a client may take to send the headers of a request, in milliseconds. @default 10000 */
  readonly headersMs?: number;
  /** How long it may take to send a whole request, in milliseconds. @default 60000 */
  readonly requestMs?: number;
}

/** How long a connection that was made just before the server closes may take to send its request. */
const FIRST_REQUEST_MS = 1_000;

/** How long a connection is kept for its next request, at the end of the server too; clients are told of it. */
const KEEP_ALIVE_MS = 5_000;

/** How long a client may take to set up TLS. */
const HANDSHAKE_MS = 10_000;

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
  private readonly connections: Connections;
  private readonly stallTimer: NodeJS.Timeout;
  /** Requests whose answer is not complete and logged yet. */
  private readonly open = new PlacedSet<Exchange>();
  private closing = false;
  private onIdle: () => void = () => undefined;

  public constructor(private readonly options: HttpServerOptions) {
    this.lines = new RequestLines(options.log);
    const { tls, stallMs = 60_000, requestMs = 60_000, headersMs = 10_000 } = options;
    this.connections = new Connections(options.maxConnections);
    const settings = {
      ServerResponse: FieldListResponse,
      requestTimeout: requestMs,
      headersTimeout: headersMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.min(2_000, headersMs),
      maxHeaderSize: 32_768,
      // Looked for with each request but those of probes; the answer is ours.
      requireHostHeader: false,
    };
    const listener = (request: IncomingMessage, response: ServerResponse) => {
      this.connections.noteRequest(request.socket);
      this.handle(request, response);
    };
    this.server = tls === undefined ? createServer(settings, listener) : tlsServer(tls, settings, listener);
    // Node leaves out what is beyond its own limit, and says nothing.
    this.server.maxHeadersCount = 0;
    if (options.maxConnections !== undefined) this.server.maxConnections = this.connections.mostAccepted;
    this.server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      this.connections.add(socket);
    });
    this.server.on('clientError', (error: Error, socket: Socket) => this.refuseProtocol(error, socket));
    this.stallTimer = setInterval(() => this.watchStalls(stallMs), stallMs / 2).unref();
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
    await quietTurn();
    // From here on no connection comes that the timers would not see.
    const timers = [
      setTimeout(() => this.interruptAll(), graceMs),
      setTimeout(() => this.server.closeAllConnections(), graceMs + LAST_WORDS_MS),
      setTimeout(() => this.connections.destroySilent(), Math.min(graceMs, FIRST_REQUEST_MS)),
    ];
    // The close of an HTTP server would end idle connections first.
    const closed = new Promise<void>((resolve) => TcpServer.prototype.close.call(this.server, () => resolve()));
    // Not before: clients would make new connections, of which some would come too late to be taken.
    this.closing = true;
    for (const exchange of this.open.values()) exchange.announceClose();
    await closed;
    timers.forEach(clearTimeout);
    // The last connection may be gone a moment before its responses say so.
    if (this.open.size > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
    clearInterval(this.stallTimer);
  }

  private interruptAll(): void {
    const problem = new HttpProblem('runtime-ending', 'It may be sent again.', undefined, {
      'retry-after': RETRY_AFTER_SECONDS,
    });
    for (const exchange of this.open.values()) exchange.interrupt(problem);
    this.server.closeIdleConnections();
  }

  /** Node waits without end for a client that does not read. */
  private watchStalls(stallMs: number): void {
    for (const exchange of this.open.values()) exchange.limitStall(stallMs);
  }

  /** What is no HTTP is answered if it can be; of a connection that is gone there is nothing to say. */
  private refuseProtocol(error: NodeJS.ErrnoException, socket: Socket): void {
    const problem = problemOfProtocol(error);
    if (problem === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    setTimeout(() => socket.destroy(), LAST_WORDS_MS).unref();
    const begun = this.open.values().find((exchange) => exchange.isOn(socket));
    if (begun !== undefined) return begun.interrupt(problem);
    const fields = { event: 'request-refused', problem: problem.code, reason: error.code };
    const requestId = refuseConnection(socket, problem);
    this.options.log.warn({ ...fields, requestId, client_ip: socket.remoteAddress }, 'this is no request');
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request.url);
    const isReadiness = READINESS.includes(path);
    if (isReadiness || LIVENESS.includes(path)) {
      this.answerProbe(isReadiness ? this.options.health.reasons() : [], response);
      return;
    }
    const { socket } = request;
    // Without a connection of its own it waits behind another request.
    if (response.socket === null && this.connections.queue(socket, response)) {
      socket.destroy();
      return;
    }
    const isRoute = this.routeOf(path) !== undefined;
    const exchange = new Exchange({ path, isRoute }, request, response, this);
    this.open.add(exchange);
    if (this.closing) exchange.announceClose();
    exchange.answer(this.route);
  }

  /** Called by exchanges. */
  public onExchangeEnd(exchange: Exchange, outcome: Outcome): void {
    this.open.delete(exchange);
    if (exchange.target.isRoute) this.options.onRequestEnd?.(outcome);
    if (this.open.size === 0) this.onIdle();
  }

  private readonly route = (request: IncomingMessage, path: string): Handler => {
    this.admit(request.socket);
    guardRequest(request);
    const methods = this.routeOf(path);
    if (methods === undefined) throw new HttpProblem('path-unknown');
    const method = request.method ?? 'GET';
    const handler = Object.hasOwn(methods, method) ? methods[method] : methods['*'];
    if (handler === undefined) {
      throw new HttpProblem('method-not-allowed', undefined, undefined, { allow: Object.keys(methods).join(', ') });
    }
    return handler;
  };

  private routeOf(path: string): Routes[string] | undefined {
    const { routes } = this.options;
    if (Object.hasOwn(routes, path)) return routes[path];
    const folder = `${path.slice(0, path.lastIndexOf('/'))}/*`;
    return Object.hasOwn(routes, folder) ? routes[folder] : undefined;
  }

  private admit(socket: Socket): void {
    if (this.connections.isSurplus(socket)) {
      const headers = { 'retry-after': RETRY_AFTER_SECONDS, connection: 'close' };
      throw new HttpProblem('intake-exhausted', 'Connect again.', undefined, headers);
    }
    if (this.options.tls?.asksClients === true) refuseWrongCertificate(socket as TLSSocket, this.options.tls);
  }

  /** Connections of probes are not kept: they would be the last ones that hold up an end. */
  private answerProbe(reasons: readonly string[], response: ServerResponse): void {
    response.setHeader('connection', 'close');
    sendJson(response, reasons.length === 0 ? 200 : 503, {
      status: reasons.length === 0 ? 'ok' : 'not ready',
      reasons,
    });
  }
}

/** Probes show no certificate, so that requests are looked at one by one where certificates are required. */
function tlsServer(
  tls: ServerTls,
  settings: ServerOptions,
  listener: (q: IncomingMessage, s: ServerResponse) => void,
): Server {
  const clients = { requestCert: tls.asksClients, rejectUnauthorized: false };
  const timeout = { handshakeTimeout: HANDSHAKE_MS };
  const server = createTlsServer({ ...settings, ...tls.context, ...clients, ...timeout }, listener);
  tls.onChange((context) => server.setSecureContext(context));
  return server;
}

/** A certificate that is shown has to be right, whether one is required or not. */
function refuseWrongCertificate(socket: TLSSocket, { requiresClients }: ServerTls): void {
  if (socket.authorized || (!requiresClients && socket.getPeerX509Certificate() === undefined)) return;
  throw new HttpProblem('certificate-refused', 'Connect with a certificate of an authority that this server trusts.');
}

/** The path of a request target in origin or absolute form (RFC 9112, 3.2), without the query and as it was sent. */
function pathOf(target = '/'): string {
  if (target.startsWith('/')) {
    const query = target.indexOf('?');
    return query < 0 ? target : target.slice(0, query);
  }
  return URL.parse(target)?.pathname ?? target;
}
