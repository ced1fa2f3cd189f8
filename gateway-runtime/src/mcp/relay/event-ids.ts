/** Which stream of a session an event is of: that of one request, or the one of the session itself. */
export type StreamKind = 'request' | 'session';

/** An event of a server's stream, as clients name it when they come back (MCP 2025-11-25, "Resumability and Redelivery"). */
export interface EventPlace {
  readonly kind: StreamKind;
  /** The last events of servers, by their names. */
  readonly last: Readonly<Record<string, string>>;
}

const MARKS: Readonly<Record<StreamKind, string>> = { request: 'r', session: 's' };

/** The id of an event for a client: it can be resumed at any replica. */
export function eventIdOf({ kind, last }: EventPlace): string {
  const pairs = Object.entries(last).map(([server, id]) => `${server}=${encodeURIComponent(id)}`);
  return `${MARKS[kind]}:${pairs.join('&')}`;
}

/** What an id says; absent for one that is not ours. */
export function placeOf(eventId: string): EventPlace | undefined {
  const [, mark, pairs = ''] = /^([rs]):(.*)$/.exec(eventId) ?? [];
  if (mark === undefined) return undefined;
  try {
    const last = pairs
      .split('&')
      .filter((pair) => pair.includes('='))
      .map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))] as const;
      });
    return { kind: mark === MARKS.request ? 'request' : 'session', last: Object.fromEntries(last) };
  } catch {
    return undefined;
  }
}
