import type { IncomingHttpHeaders } from 'node:http';
import { ERROR_CODES, RpcError } from './json-rpc.js';

/** In which forms a client takes answers. */
export interface Acceptable {
  readonly json: boolean;
  readonly events: boolean;
}

/**
 * In which forms a client takes answers. MCP wants both named; who names one gets that one, and who names none gets JSON.
 *
 * @throws RpcError with status 406 for one that takes neither
 */
export function acceptable({ accept }: IncomingHttpHeaders): Acceptable {
  const types = (accept ?? 'application/json').split(',').map(essenceOf);
  const json = types.some((type) => type === 'application/json' || type === 'application/*' || type === '*/*');
  const events = types.includes('text/event-stream');
  if (json || events) return { json, events };
  throw new RpcError(ERROR_CODES.server, 'Accept application/json and text/event-stream', undefined, 406);
}

/** @throws RpcError with status 415 for a body that is not called JSON */
export function refuseOtherTypes({ 'content-type': type = '' }: IncomingHttpHeaders): void {
  if (essenceOf(type) === 'application/json') return;
  throw new RpcError(ERROR_CODES.server, 'Send content-type: application/json', undefined, 415);
}

function essenceOf(type: string): string {
  return (type.split(';', 1)[0] ?? '').trim().toLowerCase();
}
