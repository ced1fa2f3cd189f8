import { fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditUnavailable } from './audit-unavailable.js';

/** More than this waiting for a reader, in bytes, means that there is none. */
const MAX_WAITING_BYTES = 1_048_576;

/** How long lines may wait that nobody waits for: those of the next requests then go out by the same write. */
const REST_MS = 5;

/** How long a reader may take no line that somebody waits for, in milliseconds. */
const STALL_MS = 3_000;

/** Where bytes go. What is taken is in the hands of the kernel, or waits for the reader. */
interface Sink {
  write(text: string): void;
  /** Bytes that wait. */
  waiting(): number;
  /** Resolves when none waits. */
  drained(): Promise<void>;
}

/**
 * Log lines on their way to a file descriptor. They go out together, since each write wakes the reader: at the end of the
 * turn of the event loop in which somebody waits for them, at the latest 5 ms after the first one. A reader who takes none
 * never holds up the process.
 */
export class LogStream {
  private readonly sink: Sink;
  private lines = '';
  /** Resolves when the kernel has the lines so far. */
  private turn: Promise<void> | undefined;
  private rest: NodeJS.Timeout | undefined;
  /** Whether its reader has taken none for too long. */
  private isStalled = false;

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
   * Resolves when the kernel has all lines so far, so that they are read even if this process is killed: at the end of this
   * turn, or when the reader of a full pipe has made room. Absent if it has them. Rejects with `audit-unavailable` if the
   * reader takes none for 3 s.
   */
  public get flushed(): Promise<void> | undefined {
    if (this.lines === '' && this.sink.waiting() === 0) return undefined;
    return (this.turn ??= new Promise((resolve, reject) =>
      setImmediate(() => {
        this.turn = undefined;
        this.flush();
        if (this.sink.waiting() === 0) resolve();
        else this.taken().then(resolve, reject);
      }),
    ));
  }

  /** Whether so much waits for the reader, or for so long, that nothing that has to be logged may be begun. */
  public get isBlocked(): boolean {
    return this.isStalled || this.sink.waiting() > MAX_WAITING_BYTES;
  }

  private async taken(): Promise<void> {
    const drained = this.sink.drained().then(() => {
      this.isStalled = false;
      return true;
    });
    if (await Promise.race([drained, sleep(STALL_MS, false, { ref: false })])) return;
    this.isStalled = true;
    throw auditUnavailable();
  }

  /** Hands over all lines, and resolves when the reader has them, as far as the kernel says. */
  public drained(): Promise<void> {
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
  }
}

/** A socket of Node writes at once what the kernel takes, and keeps the rest. It does not keep the process alive. */
function socketSink(descriptor: number): Sink {
  const socket = new Socket({ fd: descriptor, readable: false, writable: true });
  // Whoever read has gone: there is nobody left to tell.
  socket.on('error', () => undefined);
  socket.unref();
  return {
    write: (text) => void socket.write(text),
    waiting: () => (socket.destroyed ? 0 : socket.writableLength),
    drained: () => new Promise((resolve) => void socket.write('', () => resolve())),
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
    drained: () => Promise.resolve(),
  };
}
