import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { Http1Connection } from '../src/http1/http1-connection';
import { Http1Exchange } from '../src/http1/http1-exchange';
import { SocketReader } from '../src/http1/socket-reader';

/** A socket that takes all that is written. */
class FakeSocket extends EventEmitter {
  public readonly writableLength = 0;
  public destroyed = false;
  public setNoDelay(): void {}
  public write(): void {}
  public isPaused(): boolean {
    return false;
  }
  public destroy(): void {
    this.destroyed = true;
  }
}

/** A connection, and what is done to it as by its socket. */
class Fixture {
  public readonly socket = new FakeSocket();
  public body = '';
  public isFree = false;
  private readonly reader = new SocketReader();
  private readonly connection: Http1Connection;

  public constructor() {
    this.connection = new Http1Connection(this.socket as unknown as Socket, this.reader, () => (this.isFree = true));
  }

  public ask(): void {
    const handler: Dispatcher.DispatchHandler = {
      onResponseData: (_controller, piece) => void (this.body += piece.toString('latin1')),
      onResponseError: () => undefined,
    };
    this.connection.send(new Http1Exchange('POST', handler), { head: 'POST / HTTP/1.1\r\n\r\n', body: undefined });
  }

  /** The kernel has these bytes. @returns how many of them the socket reads at once */
  public read(bytes: Buffer): number {
    const { options } = this.reader;
    const room = (options.buffer as () => Buffer)();
    const size = bytes.copy(room);
    options.callback(size, room);
    return size;
  }
}

const headOf = (length: number): Buffer =>
  Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`, 'latin1');
const WRONG = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong');

describe('a connection on which more has come than the answer is not used again', () => {
  it.each([5_000, 65_536, 131_071, 131_072, 262_143, 262_144, 262_145, 524_288])(
    'with a body of %i bytes that comes behind its head',
    (length) => {
      const fixture = new Fixture();
      fixture.ask();
      fixture.read(headOf(length));
      let rest = Buffer.concat([Buffer.alloc(length, 'a'), WRONG]);
      while (fixture.body.length < length) rest = rest.subarray(fixture.read(rest));
      expect([fixture.isFree, fixture.socket.destroyed]).toEqual([false, true]);
      expect(fixture.body).toBe('a'.repeat(length));
    },
  );

  it.each<[string, (size: number) => Buffer]>([
    [
      'a body with a length',
      (size) => {
        const length = size - headOf(size).length;
        return Buffer.concat([headOf(length), Buffer.alloc(length, 'a')]);
      },
    ],
    [
      'a body in chunks',
      (size) => {
        const [before, after] = ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '\r\n0\r\n\r\n'];
        const length = size - before.length - after.length - 6;
        return Buffer.from(`${before}${length.toString(16)}\r\n${'a'.repeat(length)}${after}`);
      },
    ],
  ])('with an answer that fills what is read at once: %s', (_, answerOf) => {
    const fixture = new Fixture();
    fixture.ask();
    const answer = answerOf(65_536);
    expect(answer.length).toBe(65_536);
    expect(fixture.read(Buffer.concat([answer, WRONG]))).toBe(answer.length);
    expect([fixture.isFree, fixture.socket.destroyed]).toEqual([false, true]);
    expect(fixture.body).toMatch(/^a{60000,}$/);
  });

  it('and one on which nothing more has come is', () => {
    const fixture = new Fixture();
    for (const length of [10, 65_536, 262_144, 524_288]) {
      fixture.isFree = false;
      fixture.body = '';
      fixture.ask();
      fixture.read(headOf(length));
      for (let rest = Buffer.alloc(length, 'a'); rest.length > 0;) rest = rest.subarray(fixture.read(rest));
      expect([length, fixture.body.length, fixture.isFree]).toEqual([length, length, true]);
    }
  });
});
