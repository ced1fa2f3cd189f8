import type { ServerResponse } from 'node:http';
import { PlacedSet, type Placed } from './placed-set.js';

/** Comments keep proxies from cutting a stream that is silent. */
const KEEP_ALIVE_MS = 15_000;

/** What an event may have beside its type and data. */
export interface EventMarks {
  readonly id?: string;
  readonly retry?: number;
}

/** How often it is looked which streams get a comment. */
const TICK_MS = 1_000;
const KEEP_ALIVE_TICKS = KEEP_ALIVE_MS / TICK_MS;

/** Streams that have not ended; one timer is for all of them. */
const open = new PlacedSet<SseWriter>();
let ticks = 0;
let ticker: NodeJS.Timeout | undefined;

function keepAlive(): void {
  ticks += 1;
  for (const writer of open.values()) {
    if (writer.due > ticks) continue;
    writer.comment();
    writer.due = ticks + KEEP_ALIVE_TICKS;
  }
}

/** Writes Server-Sent Events to a response, with a comment every 15 s. */
export class SseWriter implements Placed {
  /** Its place among those that have not ended. */
  public place = -1;
  /** The tick at which it gets its next comment. */
  public due = ticks + KEEP_ALIVE_TICKS;

  public constructor(private readonly response: ServerResponse) {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    ticker ??= setInterval(keepAlive, TICK_MS);
    open.add(this);
    response.on('close', this.forget);
  }

  /** Writes what is no event, so that the connection is not silent. */
  public comment(): void {
    this.response.write(':\n\n');
  }

  /** Writes one event, named by its type. */
  public send(event: { readonly type: string }): void {
    this.write(event.type, JSON.stringify(event));
  }

  /**
   * Writes one event.
   *
   * @param marks its id, without line ends, and when a client whose stream has ended is to come back, in milliseconds
   * @returns whether the client takes more; if not, `drain` of the response tells when it does
   */
  public write(type: string, data: string, { id, retry }: EventMarks = {}): boolean {
    const marks = `${id === undefined ? '' : `id: ${id}\n`}${retry === undefined ? '' : `retry: ${retry}\n`}`;
    return this.response.write(`${marks}event: ${type}\ndata: ${data.replaceAll('\n', '\ndata: ')}\n\n`);
  }

  /** Writes an event that has data alone, on one line. */
  public writeData(data: string): void {
    this.response.write(`data: ${data}\n\n`);
  }

  /** Ends the stream. */
  public end(): void {
    this.forget();
    this.response.end();
  }

  private readonly forget = (): void => {
    open.delete(this);
    if (open.size > 0) return;
    clearInterval(ticker);
    ticker = undefined;
  };
}

/** Whether the client asks for a stream of events. */
export function acceptsEventStream(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((part) => part.split(';')[0]?.trim().toLowerCase() === 'text/event-stream');
}
