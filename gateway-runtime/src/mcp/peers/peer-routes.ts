import { HttpProblem, readBody, type Handler, type RequestContext, type Routes } from '@agentyard/runtime-kit';
import type { ServerResponse } from 'node:http';
import { isObject } from '../wire/json-rpc.js';
import type { ForwardedExchange } from './forwarded-exchange.js';
import type { PeerEnvelopes } from './peer-envelope.js';
import type { PeerNote } from './peer-note.js';
import { EXCHANGE_PATH, NOTE_PATH } from './peers.js';

/** What a replica does for others. */
export interface PeerHandlers {
  /** Takes a note. */
  take(note: PeerNote): void;
  /** Answers a client of another replica. */
  answer(exchange: ForwardedExchange, response: ServerResponse, context: RequestContext): Promise<void>;
}

/** Largest message of a replica: a body in Base64, twice, and its envelope. */
const overheadOf = (maxBodyBytes: number): number => maxBodyBytes * 2 + 65_536;

/** What is served to other replicas, and to nobody else. */
export function peerRoutes(
  envelopes: PeerEnvelopes,
  self: string,
  maxBodyBytes: () => number,
  handlers: PeerHandlers,
): Routes {
  const opened = async (...[request]: Parameters<Handler>): Promise<unknown> => {
    const sealed = await readBody(request, overheadOf(maxBodyBytes()));
    const message = envelopes.open(sealed.toString('latin1'), self);
    if (!isObject(message)) throw new HttpProblem('caller-refused');
    return message;
  };
  return {
    [NOTE_PATH]: {
      POST: async (request, response, context) => {
        handlers.take((await opened(request, response, context)) as PeerNote);
        response.writeHead(204).end();
      },
    },
    [EXCHANGE_PATH]: {
      POST: async (request, response, context) => {
        await handlers.answer((await opened(request, response, context)) as ForwardedExchange, response, context);
      },
    },
  };
}
