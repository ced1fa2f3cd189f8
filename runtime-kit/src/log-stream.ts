import { fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** More than this waiting for a reader, in bytes, means that there is none. */
const MAX_WAITING_BYTES = 1_048_576;

/** How long lines may wait that nobody waits for: those of the next requests then go out by the same write. */
const REST_MS = 5;

/** How long a line may wait for a reader until it counts as one who does not read, in milliseconds. */
const BEHIND_MS = 3_000;

/** Where bytes go. What is taken is in the hands of the kernel, or waits for the reader. */
interface Sink {
  write(text: string): void;
  /** Bytes that wait. */
  waiting(): number;
  /** Resolves when none waits of those that were written before, with whether the kernel has them. */
  drained(): Promise<boolean>;
  /** Whether there is no reader any more. */
  isClosed(): boolean;
}

/**
 * Log lines on their way to a file descriptor. They go out together, since each write wakes the reader: at the end of the
 * turn of the event loop in which somebody waits for them, at the latest 5 ms after the first one. A reader who takes none
 * never holds up the process.
 */
export class LogStream {
  private readonly sink: Sink;
  private lines = '';
  /** Resolves when the lines so far are handed over. */
  private turn: Promise<boolean> | undefined;
  private rest: NodeJS.Timeout | undefined;
  /** When those were handed over that wait for the reader; the oldest is first. */
  private readonly waitingSince: number[] = [];

  public constructor(descriptor: number) {
    const kind = fstatSync(descriptor);
    this.sink = kind.isFIFO() || kind.isSocket() ? socketSink(descriptor) : fileSink(descriptor);
    process.on('exit', () => this.flush());
  }

  /** Called by the logger. */
  public write(line: string): void {
    this.lines += line;
    // One that is set is left: to set a timer anew with each turn costs more than to find nothing when it is over.
    this.rest ??= setTimeout(this.afterRest, REST_MS);
  }

  /**
   * Resolves when all lines so far are handed over, at the end of this turn, with whether the kernel has them: those are
   * read even if this process is killed. Absent if it has them.
   */
  public get flushed(): Promise<boolean> | undefined {
    if (this.lines === '' && this.sink.waiting() === 0) return undefined;
    return (this.turn ??= new Promise((resolve) =>
      setImmediate(() => {
        this.turn = undefined;
        this.flush();
        resolve(this.sink.waiting() === 0 && !this.sink.isClosed());
      }),
    ));
  }

  /** Whether nothing that has to be logged may be begun: nobody reads, or so slowly that too much waits, or for too long. */
  public get isBlocked(): boolean {
    const [since = Infinity] = this.waitingSince;
    const { sink } = this;
    return sink.isClosed() || sink.waiting() > MAX_WAITING_BYTES || performance.now() - since > BEHIND_MS;
  }

  /** Hands over all lines, and resolves when none waits, with whether the kernel has them. */
  public drained(): Promise<boolean> {
    this.flush();
    return this.sink.drained();
  }

  private readonly afterRest = (): void => {
    this.rest = undefined;
    this.flush();
  };

  private flush(): void {
    if (this.lines === '') return;
    const { lines } = this;
    this.lines = '';
    this.sink.write(lines);
    if (this.sink.waiting() > 0) void this.followWaiting();
  }

  private async followWaiting(): Promise<void> {
    this.waitingSince.push(performance.now());
    await this.sink.drained();
    this.waitingSince.shift();
  }
}

/** A socket of Node writes at once what the kernel takes, and keeps the rest. It does not keep the process alive. */
function socketSink(descriptor: number): Sink {
  const socket = new Socket({ fd: descriptor, readable: false, writable: true });
  // Whoever read has gone.
  socket.on('error', () => undefined);
  socket.unref();
  return {
    write: (text) => void socket.write(text),
    waiting: () => socket.writableLength,
    drained: () => new Promise((resolve) => void socket.write('', (error) => resolve(!error))),
    // Its error is known before it is destroyed.
    isClosed: () => socket.destroyed || socket.errored !== null,
  };
}

/** A file, or a terminal. */
function fileSink(descriptor: number): Sink {
  return {
    write: (text) => {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += writeSync(descriptor, bytes, at));
    },
    waiting: () => 0,
    drained: () => Promise.resolve(true),
    isClosed: () => false,
  };
}
