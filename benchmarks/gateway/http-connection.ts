import { connect as connectSocket, type Socket } from 'node:net';

/** An answer of a server. */
export interface HttpAnswer {
  readonly status: number;
  /** Status line and headers in lower case. */
  readonly head: string;
  readonly body: Buffer;
  /** When the first byte of the body came, in nanoseconds of the machine's clock. */
  readonly firstByteAt: bigint;
}

/** Told of an answer when it is complete. */
export type OnAnswer = (answer: HttpAnswer) => void;

const END_OF_HEAD = '\r\n\r\n';
const CRLF = '\r\n';
const END_OF_CHUNKS = '0\r\n\r\n';

/**
 * One connection that is kept, with one request at a time. It does as little as a client can, so that two cores have
 * the most left for what is measured.
 */
export class HttpConnection {
  private chunks: Buffer[] = [];
  private onAnswer: OnAnswer | undefined;
  private onHead: ((status: number) => void) | undefined;
  private firstByteAt = 0n;
  private hasOpenStream = false;

  private constructor(
    private readonly socket: Socket,
    private readonly onError: (error: Error) => void,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      try {
        this.take(chunk);
      } catch (error) {
        this.onError(error as Error);
      }
    });
    socket.on('error', (error) => this.onError(error));
    socket.on('close', () => this.onError(new Error('the server closed the connection')));
  }

  /** @param onError told of whatever ends the connection before {@link close}, and of what `onAnswer` throws */
  public static async open(port: number, onError: (error: Error) => void): Promise<HttpConnection> {
    const socket = connectSocket({ port, host: '127.0.0.1' });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new HttpConnection(socket, onError);
  }

  /** Sends a request. The bytes must stay as they are until the answer is there. */
  public send(request: Buffer, onAnswer: OnAnswer): void {
    this.onAnswer = onAnswer;
    this.socket.write(request);
  }

  /** Whether a stream of events has begun and not ended. */
  public get isStreaming(): boolean {
    return this.hasOpenStream;
  }

  /** Sends a request whose answer should not end, and waits for its head. @returns the status */
  public openStream(request: Buffer): Promise<number> {
    return new Promise((resolve) => {
      this.onHead = resolve;
      this.socket.write(request);
    });
  }

  /** Ends the connection, whatever is under way. */
  public close(): void {
    this.socket.removeAllListeners('close').removeAllListeners('data').destroy();
  }

  private take(chunk: Buffer): void {
    this.chunks.push(chunk);
    let bytes = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
    const endOfHead = bytes.indexOf(END_OF_HEAD);
    if (endOfHead < 0) return;
    const head = bytes.toString('latin1', 0, endOfHead + CRLF.length);
    const status = Number(head.slice(9, 12));
    if (this.onHead !== undefined) return this.beginStream(status, head, bytes);
    bytes = bytes.subarray(endOfHead + END_OF_HEAD.length);
    if (this.firstByteAt === 0n && bytes.length > 0) this.firstByteAt = process.hrtime.bigint();
    const body = bodyOf(head, status, bytes);
    if (body === undefined) return;
    const answer = { status, head, body, firstByteAt: this.firstByteAt };
    const { onAnswer } = this;
    this.chunks = [];
    this.firstByteAt = 0n;
    this.onAnswer = undefined;
    if (onAnswer === undefined) this.onError(new Error('an answer came that nobody asked for'));
    else onAnswer(answer);
  }

  private beginStream(status: number, head: string, bytes: Buffer): void {
    this.chunks = [];
    this.hasOpenStream = headerOf(head, 'content-type')?.toLowerCase().startsWith('text/event-stream') ?? false;
    const watch = (chunk: Buffer): void => {
      if (chunk.toString('latin1').endsWith(END_OF_CHUNKS)) this.hasOpenStream = false;
    };
    watch(bytes);
    this.socket.removeAllListeners('data').on('data', watch);
    this.onHead?.(status);
  }
}

/** The value of a header, whose name is given in lower case. Values keep their case: ids of sessions need it. */
export function headerOf(head: string, name: string): string | undefined {
  const from = head.toLowerCase().indexOf(`${CRLF}${name}:`);
  if (from < 0) return undefined;
  const value = from + CRLF.length + name.length + 1;
  return head.slice(value, head.indexOf(CRLF, value)).trim();
}

/** The body, once all of it is there. */
function bodyOf(head: string, status: number, bytes: Buffer): Buffer | undefined {
  const length = headerOf(head, 'content-length');
  if (length !== undefined) return bytes.length < Number(length) ? undefined : bytes;
  if (headerOf(head, 'transfer-encoding')?.toLowerCase() === 'chunked') return unchunked(bytes);
  if (status === 202 || status === 204) return bytes;
  throw new Error(`an answer of unknown length: ${head}`);
}

/** RFC 9112, 7.1, without extensions and trailers. */
function unchunked(bytes: Buffer): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (let at = 0; ;) {
    const endOfSize = bytes.indexOf(CRLF, at);
    if (endOfSize < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, endOfSize), 16);
    const from = endOfSize + CRLF.length;
    if (bytes.length < from + size + CRLF.length) return undefined;
    if (size === 0) return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    pieces.push(bytes.subarray(from, from + size));
    at = from + size + CRLF.length;
  }
}
