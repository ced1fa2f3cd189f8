import type { Duplex } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { HttpProblem } from './http-problem.js';
import { REQUEST_ID_HEADER } from './request-id.js';

/** What the problem of a connection is that sends no HTTP/1.1, or not in time; nothing for one that is gone. */
export function problemOfProtocol({ code = '' }: NodeJS.ErrnoException): HttpProblem | undefined {
  const headers = { connection: 'close' };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new HttpProblem('request-timeout', undefined, undefined, headers);
  if (code === 'HPE_HEADER_OVERFLOW') return new HttpProblem('headers-too-large', undefined, undefined, headers);
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return new HttpProblem('request-too-large', 'The extensions of its chunks are too long.', undefined, headers);
  }
  // Whoever ends in the middle of a request waits for nothing.
  if (code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE')
    return new HttpProblem('request-broken', undefined, undefined, headers);
  return undefined;
}

/** Answers a connection that has no request to answer, and ends it. @returns the id that was given to it */
export function refuseConnection(socket: Duplex, problem: HttpProblem): string {
  const requestId = randomUUID();
  const document = problem.toProblem(requestId);
  const body = JSON.stringify(document);
  const head = [
    `HTTP/1.1 ${document.status} ${document.title}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    `${REQUEST_ID_HEADER}: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  return requestId;
}
