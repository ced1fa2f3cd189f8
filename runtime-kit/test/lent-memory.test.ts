import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { endWithTurn, lend } from '../src';
import { takeBack } from '../src/http1/lent-memory';
import { cleanUp, eventually, onCleanUp, startServer } from './fixture';

afterEach(cleanUp);

const BYTES = 20_000;
/** More than the kernel takes for a client that does not read. */
const MUCH = Buffer.alloc(32_000_000, '-');

/** What is lent, with the memory that it lies in. */
function lent(): { readonly bytes: Buffer; readonly block: unknown } {
  const bytes = lend(BYTES);
  if (bytes === undefined) throw new Error('nothing was lent');
  return { bytes: bytes.fill('a'), block: bytes.buffer };
}

describe('memory that is lent', () => {
  it('is as long as it has to be, and for bodies of middle length', () => {
    expect([16_383, 131_073].map(lend)).toEqual([undefined, undefined]);
    expect([16_384, 131_072].map((bytes) => lend(bytes)?.length)).toEqual([16_384, 131_072]);
  });

  it('is not much longer than what goes into it', () => {
    for (const bytes of [16_384, 32_768, 32_769, 65_536, 65_537, 131_072]) {
      expect([bytes, (lend(bytes)?.buffer.byteLength ?? 0) <= 2 * bytes]).toEqual([bytes, true]);
    }
  });

  it('is lent again when it was taken back, to one at a time', () => {
    const { bytes, block } = lent();
    expect(lent().block).not.toBe(block);
    takeBack([bytes.subarray(0, 10), Buffer.from('between'), bytes.subarray(10)]);
    takeBack([bytes]);
    expect(lent().block).toBe(block);
    expect(lent().block).not.toBe(block);
  });
});

describe('memory of an answer', () => {
  let response: ServerResponse;
  let socket: Socket;
  let answer: ReturnType<typeof lent>;

  /** A client that has asked, and does not read. */
  beforeEach(async () => {
    const handler = (_request: unknown, each: ServerResponse): void => void (response = each);
    const { port } = await startServer({ '/x': { GET: handler } });
    socket = connect(port, '127.0.0.1').pause();
    onCleanUp(() => Promise.resolve(void socket.destroy()));
    socket.on('error', () => undefined).write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n');
    await eventually(() => response !== undefined);
    answer = lent();
  });

  afterEach(() => (response = undefined as unknown as ServerResponse));

  const end = async (before: Buffer): Promise<void> => {
    response.writeHead(200, { 'content-length': before.length + BYTES });
    response.write(before);
    endWithTurn(response, [answer.bytes]);
    await eventually(() => response.writableEnded);
  };

  it('is lent again when it was sent', async () => {
    await end(Buffer.from('-'));
    await eventually(() => response.writableFinished);
    expect(lent().block).toBe(answer.block);
  });

  it('is not lent while a client does not read it', async () => {
    await end(MUCH);
    expect(lent().block).not.toBe(answer.block);
    let received = '';
    socket.on('data', (bytes) => (received = (received + bytes.toString('latin1')).slice(-BYTES)));
    socket.resume();
    await eventually(() => response.writableFinished && received.endsWith('a'));
    expect(received).toBe('a'.repeat(BYTES));
    expect(lent().block).toBe(answer.block);
  });

  it('is not lent again when the client has left', async () => {
    await end(MUCH);
    socket.destroy();
    await eventually(() => response.destroyed);
    expect(lent().block).not.toBe(answer.block);
  });
});

it('memory of an answer that could not be sent is not lent again', async () => {
  const { bytes, block } = lent();
  let told: ((error?: Error) => void) | undefined;
  const end = (_: unknown, done: typeof told): void => void (told = done);
  endWithTurn({ destroyed: false, socket: { destroyed: false }, end } as unknown as ServerResponse, [bytes]);
  await eventually(() => told !== undefined);
  told?.(new Error('write EPIPE'));
  expect(lent().block).not.toBe(block);
});
