import type { ServerResponse } from 'node:http';
import { takeBack } from './http1/lent-memory.js';

/** Bodies up to this length are written together with their head, as one string of Latin-1, which has each byte as it is. */
const SMALL_BYTES = 4_096;

/** A body, which may be in pieces. */
type Body = string | readonly Buffer[];

interface Answer {
  readonly response: ServerResponse;
  readonly body: Body;
}

let waiting: Answer[] = [];

/**
 * Ends a response whose head is written, at the end of this turn of the event loop and together with all others of it. A
 * write wakes whoever reads it, which costs several times as much as the write itself; of writes that come one
 * behind the other, mostly the first one does. For whole answers alone: a stream waits for nobody.
 *
 * @param body given over: nobody looks at it any more, since what was lent of it is taken back
 */
export function endWithTurn(response: ServerResponse, body: Body): void {
  if (waiting.push({ response, body }) === 1) setImmediate(endWaiting);
}

/** Ends those that wait at once, before anything is done that depends on whether a response has ended. */
export function endWaiting(): void {
  const answers = waiting;
  waiting = [];
  // Nobody is left to take what comes after the connection is gone.
  for (const { response, body } of answers) if (!response.destroyed) end(response, body);
}

function end(response: ServerResponse, body: Body): void {
  if (typeof body === 'string') return void response.end(body);
  const [only] = body;
  if (only !== undefined && body.length === 1 && only.length <= SMALL_BYTES) {
    response.end(only.toString('latin1'), 'latin1');
    return;
  }
  const { socket } = response;
  for (let i = 0; i < body.length - 1; i += 1) response.write(body[i]);
  // Of a connection that broke it is not certain that it has let go.
  response.end(body.at(-1), (error?: Error | null) => {
    if (!error && socket?.destroyed === false) takeBack(body);
  });
}
