import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemOf, type Fault, type ProblemCode } from 'agentyard/contract';
import { REQUEST_ID_HEADER } from './request-id.js';

/** Thrown by a handler to answer with a problem document (RFC 9457). */
export class HttpProblem extends Error {
  public constructor(
    public readonly code: ProblemCode,
    detail?: string,
    public readonly faults?: readonly Fault[],
    /** Headers to add, for example `allow` or `www-authenticate`. */
    public readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail ?? code);
    this.name = 'HttpProblem';
    this.detail = detail;
  }

  public readonly detail: string | undefined;

  /** The problem document of this problem. */
  public toProblem(requestId: string) {
    return problemOf(this.code, { detail: this.detail, requestId, faults: this.faults && [...this.faults] });
  }
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length });
  response.end(bytes);
}

/**
 * Answers with the problem; nothing is sent if the answer has begun, the connection is cut instead.
 * A body that was not read to its end is not waited for: the connection closes after the answer.
 */
export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  problem: HttpProblem,
  requestId: string,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  response.setHeader(REQUEST_ID_HEADER, requestId);
  if (!request.complete) response.setHeader('connection', 'close');
  const document = problem.toProblem(requestId);
  sendJson(response, document.status, document, 'application/problem+json');
}
