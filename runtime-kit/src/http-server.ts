import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { hasUnreadBody, HttpProblem, sendJson, sendProblem } from './http-problem.js';
import type { Health } from './health.js';
import type { Logger } from './logger.js';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';

/** What a handler is told of a request beside the request itself. */
export interface RequestContext {
  readonly requestId: string;
  /** Logger that adds the request id. */
  readonly log: Logger;
  /** Aborted when the client goes away before the answer is complete. */
  readonly signal: AbortSignal;
  /** Adds fields to the line that is written when the request has ended. */
  annotate(fields: Readonly<Record<string, unknown>>): void;
}

export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
) => Promise<void> | void;

/** Handlers by path, then by method; method `*` takes all. */
export type Routes = Readonly<Record<string, Readonly<Record<string, Handler>>>>;

export interface HttpServerOptions {
  readonly host?: string;
  readonly port: number;
  readonly routes: Routes;
  readonly health: Health;
  readonly log: Logger;
  /**
   * How long a client may take nothing of an answer that is complete, in milliseconds; then the connection is cut.
   *
   * @default 60000
   */
  readonly stallMs?: number;
}

/** How long a connection that was made just before the server closes may take to send its request. */
const FIRST_REQUEST_MS = 1_000;

/** An HTTP server that answers `/healthz` and `/readyz`, gives each request an id and a log line, and drains. */
export class HttpServer {
  private readonly server: Server;
  /** Connections that have not sent a request yet; Node does not count them as idle. */
  private readonly silent = new Set<Socket>();
  /** Responses whose log line is not written yet. */
  private readonly unlogged = new Set<ServerResponse>();
  private closing = false;

  public constructor(private readonly options: HttpServerOptions) {
    this.server = createServer(
      { requestTimeout: 60_000, headersTimeout: 10_000, connectionsCheckingInterval: 2_000, maxHeaderSize: 32_768 },
      (request, response) => {
        this.silent.delete(request.socket);
        this.limitStall(request, response);
        void this.handle(request, response);
      },
    );
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

  /** Takes no new connections, and resolves when the requests in flight are done and logged, or `graceMs` is over. */
  public async close(graceMs: number): Promise<void> {
    this.closing = true;
    const timers = [
      setTimeout(() => this.server.closeAllConnections(), graceMs),
      setTimeout(() => this.silent.forEach((socket) => socket.destroy()), Math.min(graceMs, FIRST_REQUEST_MS)),
    ];
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeIdleConnections();
    });
    timers.forEach(clearTimeout);
    // The last connection may be gone a moment before its responses say so.
    await Promise.all([...this.unlogged].map((response) => once(response, 'close')));
  }

  /** Node waits without end for a client that does not read. The time limit of a kept connection replaces this one. */
  private limitStall({ socket }: IncomingMessage, response: ServerResponse): void {
    response.once('prefinish', () => socket.setTimeout(this.options.stallMs ?? 60_000));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request.url);
    if (path === '/healthz' || path === '/readyz') {
      this.answerProbe(path, response);
      return;
    }
    const started = performance.now();
    const requestId = requestIdOf(request);
    const log = this.options.log.child({ requestId });
    const fields: Record<string, unknown> = {};
    const aborter = new AbortController();
    let cut = false;
    this.unlogged.add(response);
    response.once('close', () => {
      this.unlogged.delete(response);
      const aborted = !response.writableFinished && !cut;
      if (aborted) aborter.abort(new Error('the client went away'));
      // Node would keep an answered connection open for its next request.
      if (this.closing) setImmediate(() => this.server.closeIdleConnections());
      const durationMs = Math.round(performance.now() - started);
      log.info(
        {
          event: 'request',
          method: request.method,
          path,
          status: response.statusCode,
          durationMs,
          ...(aborted && { aborted }),
          ...fields,
        },
        'request',
      );
    });
    response.setHeader(REQUEST_ID_HEADER, requestId);
    if (this.options.health.isDraining) response.setHeader('connection', 'close');
    try {
      const annotate = (more: Readonly<Record<string, unknown>>) => void Object.assign(fields, more);
      await this.route(request, path)(request, response, { requestId, log, signal: aborter.signal, annotate });
    } catch (error) {
      // Nobody is left to answer, and what broke because of that is no fault of ours.
      if (aborter.signal.aborted) return;
      const problem = error instanceof HttpProblem ? error : unexpected(error, log);
      fields.problem = problem.code;
      // After these the connection is closed by either side, which is no departure of the client.
      cut = response.headersSent || hasUnreadBody(request);
      sendProblem(request, response, problem, requestId);
    }
  }

  private route(request: IncomingMessage, path: string): Handler {
    const methods = Object.hasOwn(this.options.routes, path) ? this.options.routes[path] : undefined;
    if (methods === undefined) throw new HttpProblem('path-unknown');
    const method = request.method ?? 'GET';
    const handler = Object.hasOwn(methods, method) ? methods[method] : methods['*'];
    if (handler === undefined) {
      throw new HttpProblem('method-not-allowed', undefined, undefined, { allow: Object.keys(methods).join(', ') });
    }
    return handler;
  }

  private answerProbe(path: string, response: ServerResponse): void {
    const reasons = path === '/readyz' ? this.options.health.reasons() : [];
    sendJson(response, reasons.length === 0 ? 200 : 503, {
      status: reasons.length === 0 ? 'ok' : 'not ready',
      reasons,
    });
  }
}

/** The path of a request target in origin or absolute form (RFC 9112, 3.2), without the query and as it was sent. */
function pathOf(target = '/'): string {
  if (target.startsWith('/')) return target.split('?', 1)[0] ?? target;
  return URL.parse(target)?.pathname ?? target;
}

function unexpected(error: unknown, log: Logger): HttpProblem {
  log.error({ err: error }, 'request failed');
  return new HttpProblem('internal-error', 'See the log line of this request id.');
}
