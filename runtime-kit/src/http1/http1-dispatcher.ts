import type { OnReadOpts } from 'node:net';
import { Dispatcher, errors } from 'undici';
import type { buildConnector } from 'undici';
import type { WrittenRequest } from './http1-connection.js';
import { Http1Exchange, type BodyHandler } from './http1-exchange.js';
import { OriginConnections } from './origin-connections.js';
import { areUsual, requestHead } from './request-head.js';

/** What it takes to send requests by HTTP/1.1. */
export interface Http1Options {
  /** Makes a connection that is read so. */
  readonly connect: (target: buildConnector.Options, onread: OnReadOpts, take: buildConnector.Callback) => void;
  /** How long a connection is kept after its last answer, in milliseconds. */
  readonly idleMs: number;
  /** How long a connection is used after it was made, in milliseconds. */
  readonly lifetimeMs: number;
  /** Sends what is no plain request: through TLS, with a body that is a stream. */
  readonly others: Dispatcher;
}

/** How often idle connections are looked at, in milliseconds. */
const SWEEP_MS = 1_000;

interface PlainRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

interface Origin {
  readonly host: string;
  readonly connections: OriginConnections;
}

/**
 * Sends plain requests to plain servers: HTTP/1.1 without TLS, bodies that are there as a whole. It does for those what
 * undici's Agent does, for less: connections are found at once, a request is one write, and an answer is
 * read where it comes. There is no limit of connections: whoever calls has one of requests.
 */
export class Http1Dispatcher extends Dispatcher {
  private readonly origins = new Map<string, Origin>();
  private readonly timer: NodeJS.Timeout;
  private ended: Error | undefined;

  public constructor(private readonly options: Http1Options) {
    super();
    this.timer = setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  /** @throws InvalidArgumentError for a request that could be read as another one */
  public override dispatch(options: Dispatcher.DispatchOptions, handler: BodyHandler): boolean {
    const plain = plainRequest(options);
    if (plain === undefined) return this.options.others.dispatch(options, handler);
    const { origin, path, method, headers, body } = plain;
    const { host, connections } = this.originOf(origin);
    const head = requestHead({ method, path, host, headers, length: body?.length ?? 0 });
    const exchange = new Http1Exchange(method, handler);
    if (this.ended === undefined) connections.send(exchange, { head, body } satisfies WrittenRequest);
    else exchange.fail(this.ended);
    return true;
  }

  public override destroy(): Promise<void> {
    clearInterval(this.timer);
    const error = (this.ended ??= new errors.ClientDestroyedError());
    for (const { connections } of this.origins.values()) connections.close(error);
    this.origins.clear();
    return this.options.others.destroy();
  }

  public override close(): Promise<void> {
    return this.destroy();
  }

  private originOf(origin: string): Origin {
    let found = this.origins.get(origin);
    if (found === undefined) {
      const { host, hostname, port, protocol } = new URL(origin);
      const target = { host, hostname: hostname.replace(/^\[|\]$/g, ''), port, protocol } as buildConnector.Options;
      const { connect, idleMs, lifetimeMs } = this.options;
      const connections = new OriginConnections({
        connect: (onread, take) => connect(target, onread, (...[error, socket]) => take(error, socket ?? null)),
        idleMs,
        lifetimeMs,
      });
      this.origins.set(origin, (found = { host, connections }));
    }
    return found;
  }

  private sweep(): void {
    for (const [origin, { connections }] of this.origins) {
      connections.sweep();
      if (connections.isEmpty) this.origins.delete(origin);
    }
  }
}

/** Absent if it is something else. */
function plainRequest(options: Dispatcher.DispatchOptions): PlainRequest | undefined {
  const { origin, path, method, headers = {}, body, query } = options;
  if (typeof origin !== 'string' || !origin.startsWith('http://') || query !== undefined) return undefined;
  if (headers === null || Array.isArray(headers) || Symbol.iterator in headers || !areUsual(headers)) return undefined;
  const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? undefined);
  if (bytes !== undefined && !Buffer.isBuffer(bytes)) return undefined;
  return { origin, path, method, headers, body: bytes };
}
