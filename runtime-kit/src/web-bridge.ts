import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { readBody } from './http-body.js';
import { HttpProblem } from './http-problem.js';
import { streamBody } from './stream-body.js';

/** A handler of the web's Request and Response, such as the one of an MCP server. */
export type WebHandler = (request: Request) => Promise<Response>;

/** Methods that a Request cannot have (Fetch standard). */
const FORBIDDEN = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** Methods that carry no body (Fetch standard). */
const BODILESS = new Set(['GET', 'HEAD']);

/** Headers of one connection (RFC 9110, 7.6.1): node:http sets its own. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/**
 * Serves a node:http request by a web handler. The body is read first, at most `maxBytes`; the answer is streamed
 * as it comes, with back-pressure. `signal` becomes the Request's signal, so that the handler sees the client leave.
 *
 * @throws HttpProblem `method-not-allowed`, `request-too-large`
 */
export async function handleWithWeb(
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  maxBytes: number,
  handle: WebHandler,
): Promise<void> {
  if (FORBIDDEN.has(request.method ?? 'GET')) throw new HttpProblem('method-not-allowed');
  const body = BODILESS.has(request.method ?? 'GET') ? undefined : await readBody(request, maxBytes);
  await sendWebResponse(response, await handle(toWebRequest(request, body, signal)), signal);
}

function toWebRequest(request: IncomingMessage, body: Buffer | undefined, signal: AbortSignal): Request {
  const headers = new Headers();
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    headers.append(request.rawHeaders[i] ?? '', request.rawHeaders[i + 1] ?? '');
  }
  return new Request(urlOf(request.url), {
    method: request.method,
    headers,
    body: body && new Uint8Array(body),
    signal,
  });
}

/** Path and query of a request target. Whatever host or user a target in absolute form names is the client's word. */
function urlOf(target = '/'): string {
  const { pathname, search } = new URL(target, 'http://localhost');
  return `http://localhost${pathname}${search}`;
}

/** Headers that the response already has stay unless the web response sets the same ones. */
async function sendWebResponse(response: ServerResponse, answer: Response, signal: AbortSignal): Promise<void> {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) {
    if (HOP_BY_HOP.has(name)) continue;
    if (name === 'set-cookie') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  if (answer.body === null) {
    response.end();
    return;
  }
  response.flushHeaders();
  await streamBody(response, Readable.fromWeb(answer.body as ReadableStream<Uint8Array>, { signal }), signal);
  response.end();
}
