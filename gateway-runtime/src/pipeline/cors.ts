import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpProblem, REQUEST_ID_HEADER, type Handler } from '@agentyard/runtime-kit';

/** Headers of a request that pages may set. */
const REQUEST_HEADERS = new Set([
  'a2a-extensions',
  'a2a-version',
  'accept',
  'authorization',
  'content-type',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'openai-organization',
  'openai-project',
  'traceparent',
  'tracestate',
  'x-api-key',
  REQUEST_ID_HEADER,
]);

/** Headers that repeat parameters of a tool have names of their own (MCP 2026-07-28, Streamable HTTP). */
const PARAMETER_HEADER = /^mcp-param-[\w!#$%&'*+.^`|~-]{1,128}$/;

/** OpenAI's clients tell of themselves. */
const CLIENT_HEADER = /^x-stainless-[a-z-]{1,64}$/;

/** Headers of an answer that pages may read beside the usual ones. */
const EXPOSED = [
  'Mcp-Session-Id',
  'WWW-Authenticate',
  'X-Request-Id',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
].join(', ');

/** How long a browser may keep the answer to a preflight, in seconds: as long as most of them keep any. */
const MAX_AGE_SECONDS = '600';

/**
 * What pages of declared origins may do (Fetch, "CORS protocol"). Nobody else is told anything, and credentials that a
 * browser adds by itself are not asked for: pages send a token, which they have been given.
 */
export class BrowserAccess {
  /** @param origins as browsers write them */
  public constructor(public readonly origins: ReadonlySet<string>) {}

  /** Lets the page that has sent a request read its answer. */
  public open({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
    if (this.origins.size === 0) return;
    response.appendHeader('vary', 'Origin');
    if (origin === undefined || !this.origins.has(origin)) return;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', EXPOSED);
  }

  /** Answers the question whether a request may be sent. It carries no credentials, so none are looked for. */
  public preflight(methods: readonly string[]): Handler {
    return (request, response) => {
      const { origin } = request.headers;
      this.open(request, response);
      if (origin === undefined || !this.origins.has(origin)) {
        throw new HttpProblem('origin-refused', 'Pages of this origin may not call this gateway.');
      }
      response.setHeader('vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers');
      response.setHeader('access-control-allow-methods', methods.join(', '));
      const allowed = requestedHeaders(request).filter(
        (name) => REQUEST_HEADERS.has(name) || PARAMETER_HEADER.test(name) || CLIENT_HEADER.test(name),
      );
      if (allowed.length > 0) response.setHeader('access-control-allow-headers', allowed.join(', '));
      response.setHeader('access-control-max-age', MAX_AGE_SECONDS);
      response.writeHead(204).end();
    };
  }
}

function requestedHeaders({ headers }: IncomingMessage): string[] {
  const names = String(headers['access-control-request-headers'] ?? '').split(',');
  return names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
}
