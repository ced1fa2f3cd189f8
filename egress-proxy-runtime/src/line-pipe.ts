import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** Reads the lines that other processes write to a named pipe, until it is closed. */
export class LinePipe {
  private readonly socket: Socket;

  /** @param path a pipe that exists. It is kept open for writing too, so that it does not end with its writers. */
  public constructor(path: string, onLine: (line: string) => void) {
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      this.socket = new Socket({ fd, readable: true, writable: false });
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    createInterface({ input: this.socket }).on('line', onLine);
  }

  /** Stops reading. */
  public close(): void {
    this.socket.destroy();
  }
}
