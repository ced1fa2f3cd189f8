import { isId, type RpcId } from '../wire/json-rpc.js';

/** An event of a server's stream, as clients name it when they come back (MCP 2025-11-25, "Resumability and Redelivery"). */
export type EventPlace =
  | {
      /** In the stream of one request. */
      readonly kind: 'request';
      /** Of the request; absent in what a gateway of before has named. */
      readonly requestId?: RpcId;
      /** The last events of servers, by their names. */
      readonly last: Readonly<Record<string, string>>;
    }
  | {
      /** In the stream of the session itself. */
      readonly kind: 'session';
      readonly last: Readonly<Record<string, string>>;
    };

/** The id of an event for a client: it can be resumed at any replica. */
export function eventIdOf(place: EventPlace): string {
  const pairs = Object.entries(place.last).map(([server, id]) => `${server}=${encodeURIComponent(id)}`);
  if (place.kind === 'session') return `s:${pairs.join('&')}`;
  const { requestId } = place;
  const request = requestId === undefined ? '' : `${encodeURIComponent(JSON.stringify(requestId))}:`;
  return `r:${request}${pairs.join('&')}`;
}

/** What an id says; absent for one that is not ours. */
export function placeOf(eventId: string): EventPlace | undefined {
  const [, mark, request, pairs = ''] = /^([rs]):(?:([^:]*):)?([^:]*)$/.exec(eventId) ?? [];
  if (mark === undefined || (mark === 's' && request !== undefined)) return undefined;
  try {
    const last = lastIn(pairs);
    if (mark === 's') return { kind: 'session', last };
    if (request === undefined) return { kind: 'request', last };
    const requestId = JSON.parse(decodeURIComponent(request)) as unknown;
    return isId(requestId) ? { kind: 'request', requestId, last } : undefined;
  } catch {
    return undefined;
  }
}

function lastIn(pairs: string): Record<string, string> {
  const last = pairs
    .split('&')
    .filter((pair) => pair.includes('='))
    .map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))] as const;
    });
  return Object.fromEntries(last);
}
