import type { IncomingMessage } from 'node:http';
import { randomUUID } from 'node:crypto';

/** Header that carries the request's id between the parts of the platform, and back to the client. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** The id that the caller sent, if it is one that may stand in a log, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const sent = request.headers[REQUEST_ID_HEADER];
  return typeof sent === 'string' && /^[\w.-]{1,128}$/.test(sent) ? sent : randomUUID();
}
