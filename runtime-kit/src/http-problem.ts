import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemOf, type Fault, type ProblemCode } from 'agentyard/contract';
import { problemFormAt } from './problem-form.js';
import { REQUEST_ID_HEADER } from './request-id.js';

/** Thrown by a handler to answer with a problem document (RFC 9457), or in the form that clients of the path expect. */
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

/** How long the rest of a refused body is taken, so that a client which still sends it gets to read the answer. */
const LINGER_MS = 1_000;

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  response.end(writeJsonHead(response, status, body, type));
}

/**
 * Answers with the problem, in the form that clients of the path expect; nothing is sent if the answer has begun, the connection is cut instead.
 * A body that was not read to its end is not kept: the connection closes soon after the answer.
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
  const document = problem.toProblem(requestId);
  const unread = hasUnreadBody(request);
  if (unread) response.setHeader('connection', 'close');
  const form = problemFormAt(request.url);
  const bytes = writeJsonHead(response, document.status, form.bodyOf(document), form.type);
  if (!unread) {
    response.end(bytes);
    return;
  }
  response.write(bytes);
  endAfterBody(request, response);
}

/** Whether bytes of the request's body may still come. */
export function hasUnreadBody({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** @returns the body, which is still to be sent */
function writeJsonHead(response: ServerResponse, status: number, body: unknown, type: string): Buffer {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length });
  return bytes;
}

/** Closing while bytes of the client are unread resets the connection, and its answer with it (RFC 9112, 9.6). */
function endAfterBody(request: IncomingMessage, response: ServerResponse): void {
  const end = (): void => void response.end();
  const timer = setTimeout(end, LINGER_MS);
  response.once('close', () => clearTimeout(timer));
  request.once('end', end).resume();
}
