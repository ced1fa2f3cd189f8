import type { OnReadOpts } from 'node:net';

/** Takes what comes on a socket. */
export interface ReadSink {
  /** Where the next bytes go. @default - memory that all sockets share */
  readonly room: Buffer | undefined;
  /**
   * Takes what has come. It is good until this returns, unless the sink has said where it goes.
   *
   * @param isFull whether it fills where it went, so that more may have come with it
   */
  read(bytes: Buffer, isFull: boolean): void;
}

/** Whatever is read next, on any socket: it is taken before the next read. */
const shared = Buffer.allocUnsafeSlow(65_536);

/** Has a socket read into memory that is there already. A socket by itself makes 64 kB for each read. */
export class SocketReader {
  /** Set before anything can have come. */
  public sink: ReadSink | undefined;

  /** What the socket is made with. */
  public readonly options: OnReadOpts = {
    buffer: () => this.sink?.room ?? shared,
    callback: (size, bytes) => {
      this.sink?.read(Buffer.from(bytes.buffer, bytes.byteOffset, size), size === bytes.length);
      return true;
    },
  };
}
