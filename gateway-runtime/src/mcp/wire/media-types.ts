import type { IncomingHttpHeaders } from 'node:http';
import { ERROR_CODES, RpcError } from './json-rpc.js';

/** In which forms a client takes answers. */
export interface Acceptable {
  readonly json: boolean;
  readonly events: boolean;
}

const JSON_ALONE: Acceptable = { json: true, events: false };

/** What headers say that were seen: clients send few different ones. */
const known = new Map<string, Acceptable>();
const MOST_KNOWN = 100;

/**
 * In which forms a client takes answers. MCP wants both named; who names one gets that one, and who names none gets JSON.
 *
 * @throws RpcError with status 406 for one that takes neither
 */
export function acceptable({ accept }: IncomingHttpHeaders): Acceptable {
  if (accept === undefined) return JSON_ALONE;
  const taken = known.get(accept) ?? acceptableIn(accept);
  if (taken !== undefined) return taken;
  throw new RpcError(ERROR_CODES.server, 'Accept application/json and text/event-stream', undefined, 406);
}

function acceptableIn(accept: string): Acceptable | undefined {
  const types = accept.split(',').map(essenceOf);
  const json = types.some((type) => type === 'application/json' || type === 'application/*' || type === '*/*');
  const events = types.includes('text/event-stream');
  if (!json && !events) return undefined;
  const taken = { json, events };
  if (known.size < MOST_KNOWN) known.set(accept, taken);
  return taken;
}

/** @throws RpcError with status 415 for a body that is not called JSON */
export function refuseOtherTypes({ 'content-type': type = '' }: IncomingHttpHeaders): void {
  if (type === 'application/json' || essenceOf(type) === 'application/json') return;
  throw new RpcError(ERROR_CODES.server, 'Send content-type: application/json', undefined, 415);
}

function essenceOf(type: string): string {
  return (type.split(';', 1)[0] ?? '').trim().toLowerCase();
}
