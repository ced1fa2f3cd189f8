import type { Readable, Writable } from 'node:stream';

const NEWLINE = 0x0a;
/** What may wait to be read by the other side, in bytes: one that does not read is broken. */
const MOST_UNREAD_BYTES = 16 * 1024 * 1024;
/** What is kept of the words of an error, in characters. */
const LONGEST_MESSAGE = 4000;
/** JSON-RPC 2.0, section 5.1. */
const METHOD_NOT_FOUND = -32601;

/** A JSON-RPC error that the other side has answered with. */
export class PeerError extends Error {
  public constructor(
    public readonly code: number,
    message: string,
  ) {
    super(message.slice(0, LONGEST_MESSAGE));
    this.name = 'PeerError';
  }
}

/** Thrown for requests that wait when the other side is gone, or is no longer understood. */
export class PeerGone extends Error {
  public constructor(reason: string) {
    super(reason);
    this.name = 'PeerGone';
  }
}

/** What happens on a connection beside answers. */
export interface PeerEvents {
  onNotification(method: string): void;
  /** The other side cannot be talked to any longer, and why. */
  onBroken(reason: string): void;
}

/** How a request is waited for. */
export interface RequestOptions {
  /** Aborted to cancel it. */
  readonly signal: AbortSignal;
  /** Told of its progress; absent: it asks for none. */
  readonly onProgress?: (progress: Message) => void;
}

type Message = Readonly<Record<string, unknown>>;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress?: (progress: Message) => void;
}

/**
 * A client of MCP over stdio: one JSON-RPC message in a line. Ids and progress tokens are its own, so that any number of
 * callers share one connection and none sees what is for another. It answers `ping`, and offers nothing else to the server.
 */
export class StdioPeer {
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private parts: Buffer[] = [];
  private length = 0;
  private gone: PeerGone | undefined;

  /** @param maxMessageBytes longest line that is taken */
  public constructor(
    private readonly input: Writable,
    output: Readable,
    private readonly maxMessageBytes: number,
    private readonly events: PeerEvents,
  ) {
    // One that has ended does not read; its exit tells why.
    input.on('error', () => {});
    output.on('data', (chunk: Buffer) => this.receive(chunk));
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @throws PeerError for an error of the other side, PeerGone when it is gone, the signal's reason when it is aborted
   */
  public async request(method: string, params: Message, { signal, onProgress }: RequestOptions): Promise<unknown> {
    signal.throwIfAborted();
    if (this.gone !== undefined) throw this.gone;
    const id = (this.lastId += 1);
    const cancel = () => this.cancel(id, signal.reason as Error);
    const answer = new Promise<unknown>((resolve, reject) => this.waiting.set(id, { resolve, reject, onProgress }));
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const asks = onProgress === undefined ? {} : { _meta: { progressToken: id } };
      this.send({ id, method, params: { ...params, ...asks } });
      return await answer;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.waiting.delete(id);
    }
  }

  /** Sends a notification. */
  public notify(method: string, params: Message = {}): void {
    this.send({ method, params });
  }

  /** Ends the connection: whatever waits fails for this reason. */
  public end(reason: string): void {
    this.gone ??= new PeerGone(reason);
    for (const { reject } of this.waiting.values()) reject(this.gone);
    this.waiting.clear();
  }

  private cancel(requestId: number, reason: Error): void {
    const waiting = this.waiting.get(requestId);
    this.waiting.delete(requestId);
    waiting?.reject(reason);
    this.notify('notifications/cancelled', { requestId });
  }

  private send(message: Message): void {
    if (this.gone !== undefined) return;
    this.input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    if (this.input.writableLength > MOST_UNREAD_BYTES) this.break('it does not read what it is sent');
  }

  private receive(chunk: Buffer): void {
    let start = 0;
    while (this.gone === undefined) {
      const end = chunk.indexOf(NEWLINE, start);
      const part = chunk.subarray(start, end < 0 ? undefined : end);
      this.length += part.length;
      if (this.length > this.maxMessageBytes) {
        return this.break(`a message of it is longer than ${this.maxMessageBytes} bytes`);
      }
      this.parts.push(part);
      if (end < 0) return;
      const line = Buffer.concat(this.parts).toString('utf8');
      this.parts = [];
      this.length = 0;
      start = end + 1;
      this.take(messageOf(line));
    }
  }

  /** Servers print other things now and then; what is no message is passed over. */
  private take(message: Message | undefined): void {
    if (message === undefined) return;
    const { id, method, params } = message;
    if (typeof method !== 'string') return this.settle(message);
    if (id !== undefined) return this.answer(id, method);
    if (method === 'notifications/progress') return this.progress(params);
    this.events.onNotification(method);
  }

  private settle({ id, result, error }: Message): void {
    const waiting = this.waiting.get(id as number);
    if (waiting === undefined) return;
    if (!isObject(error)) return waiting.resolve(result);
    const { code, message } = error;
    waiting.reject(new PeerError(typeof code === 'number' ? code : 0, typeof message === 'string' ? message : ''));
  }

  private answer(id: unknown, method: string): void {
    const refusal = { code: METHOD_NOT_FOUND, message: 'This client offers nothing to servers.' };
    this.send(method === 'ping' ? { id, result: {} } : { id, error: refusal });
  }

  private progress(params: unknown): void {
    if (!isObject(params)) return;
    this.waiting.get(params.progressToken as number)?.onProgress?.(params);
  }

  private break(reason: string): void {
    this.parts = [];
    this.events.onBroken(reason);
    this.end(reason);
  }
}

function messageOf(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
