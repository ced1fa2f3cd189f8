import type { ServerResponse } from 'node:http';

/** Comments keep proxies from cutting a stream that is silent. */
const KEEP_ALIVE_MS = 15_000;

/** What an event may have beside its type and data. */
export interface EventMarks {
  readonly id?: string;
  readonly retry?: number;
}

/** Writes Server-Sent Events to a response, with a comment every 15 s. */
export class SseWriter {
  private readonly timer: NodeJS.Timeout;

  public constructor(private readonly response: ServerResponse) {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    this.timer = setInterval(() => response.write(':\n\n'), KEEP_ALIVE_MS);
    response.once('close', () => clearInterval(this.timer));
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

  /** Ends the stream. */
  public end(): void {
    clearInterval(this.timer);
    this.response.end();
  }
}

/** Whether the client asks for a stream of events. */
export function acceptsEventStream(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((part) => part.split(';')[0]?.trim().toLowerCase() === 'text/event-stream');
}
