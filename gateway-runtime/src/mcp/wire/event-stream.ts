/** A Server-Sent Event, as it was sent. */
export interface ServerSentEvent {
  readonly data: string;
  /** For `Last-Event-ID`. */
  readonly id?: string;
  /** When a client whose stream has ended is to come back, in milliseconds. */
  readonly retry?: number;
}

/** Longest id of an event, in UTF-16 units: those of several servers go into one header of a client. */
const MAX_ID_LENGTH = 512;

/**
 * Reads a stream of Server-Sent Events (WHATWG HTML, 9.2.6) as its bytes come. Comments and types are left out; events
 * without data are told too, since MCP sends their ids first. What comes after the last empty line is left out, and so is
 * an id that nobody could come back with: an empty one, and one for which `Last-Event-ID` has no room or no characters.
 */
export class EventStream {
  private readonly decoder = new TextDecoder();
  /** What has come of a line. */
  private rest = '';
  private isAfterCr = false;
  private data: string[] = [];
  private id: string | undefined;
  private retry: number | undefined;

  public constructor(private readonly onEvent: (event: ServerSentEvent) => void) {}

  /** Takes the next bytes. What has come of a line is not searched again: a long one would take the square of its time. */
  public push(chunk: Uint8Array): void {
    const text = this.decoder.decode(chunk, { stream: true });
    if (text === '') return;
    // The LF of a CR that ended the chunk before.
    let from = this.isAfterCr && text[0] === '\n' ? 1 : 0;
    this.isAfterCr = false;
    for (;;) {
      const end = endOfLine(text, from);
      if (end < 0) break;
      const line = this.rest + text.slice(from, end);
      this.rest = '';
      this.take(line);
      from = text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : end + 1;
      this.isAfterCr = text[end] === '\r' && from === text.length && from === end + 1;
    }
    this.rest += text.slice(from);
  }

  /** Takes the end: what is left is no whole line. */
  public end(): void {
    this.rest = '';
  }

  private take(line: string): void {
    if (line === '') return this.dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.data.push(value);
    else if (field === 'id' && isUsable(value)) this.id = value;
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) this.retry = Number(value);
  }

  private dispatch(): void {
    const { data, id, retry } = this;
    if (data.length === 0 && id === undefined && retry === undefined) return;
    this.data = [];
    this.id = undefined;
    this.retry = undefined;
    this.onEvent({
      data: data.length === 1 ? (data[0] as string) : data.join('\n'),
      ...(id !== undefined && { id }),
      ...(retry !== undefined && { retry }),
    });
  }
}

function isUsable(id: string): boolean {
  return id.length <= MAX_ID_LENGTH && /^\P{Cc}+$/u.test(id);
}

function endOfLine(text: string, from: number): number {
  const lf = text.indexOf('\n', from);
  const cr = text.indexOf('\r', from);
  return lf < 0 || cr < 0 ? Math.max(lf, cr) : Math.min(lf, cr);
}
