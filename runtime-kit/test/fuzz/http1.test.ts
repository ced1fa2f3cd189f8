import fc from 'fast-check';
import { errors } from 'undici';
import { areUsual, requestHead } from '../../src/http1/request-head';
import { lend } from '../../src/http1/lent-memory';
import { ResponseParser, type ResponseHead } from '../../src/http1/response-parser';
import { cut, fuzz, oddHeader, oddText } from './fuzz';

interface Read {
  readonly head?: Pick<ResponseHead, 'status' | 'headers' | 'isPersistent'>;
  readonly body: string;
  readonly surplus?: number;
  readonly error?: string;
}

/** Where a socket reads, and reads the next time. */
const shared = Buffer.alloc(65_536);

/** Has a parser read bytes as from a socket: where it says, or where the next ones overwrite them. @returns how many it read */
function push(parser: ResponseParser, bytes: Uint8Array): number {
  const room = parser.room ?? shared.fill('?');
  const size = Math.min(bytes.length, room.length);
  room.set(bytes.subarray(0, size));
  parser.push(room.subarray(0, size));
  return size;
}

/** Reads an answer from bytes in pieces. Nothing but an error of the protocol may come out else. */
function read(pieces: readonly Uint8Array[], method = 'POST'): Read {
  let head: ResponseHead | undefined;
  let body = '';
  let surplus: number | undefined;
  const parser = new ResponseParser({
    onHead: (each) => (head = each),
    roomFor: lend,
    onBody: (piece) => (body += piece.toString('latin1')),
    onEnd: (rest) => (surplus = rest),
  });
  parser.begin(method);
  const result = (error?: string): Read => ({
    ...(head !== undefined && {
      head: { status: head.status, headers: head.headers, isPersistent: head.isPersistent },
    }),
    body,
    ...(surplus !== undefined && { surplus }),
    ...(error !== undefined && { error }),
  });
  try {
    let later = 0;
    for (const piece of pieces) {
      let rest = piece;
      // Whatever comes behind an answer is not read: the connection is not used again.
      while (surplus === undefined && rest.length > 0) rest = rest.subarray(push(parser, rest));
      later += rest.length;
    }
    if (surplus !== undefined) surplus += later;
    else parser.close();
    return result();
  } catch (error) {
    if (error instanceof errors.HTTPParserError) return result('protocol');
    if (error instanceof errors.SocketError) return result('closed');
    throw error;
  }
}

const lengths = fc.array(fc.nat(9), { maxLength: 60 });
const body = oddHeader('{"a":1}', 'data: x\n\n', 'HTTP/1.1 200 OK', '0', 'a').map((text) =>
  Buffer.from(text, 'latin1'),
);
const name = fc.oneof(
  fc.constantFrom('x-a', 'X-A', 'constructor', 'toString', 'valueOf', 'set-cookie'),
  fc.stringMatching(/^[!#$%&'*+.^`|~a-z-]{1,6}$/),
);
const value = fc.stringMatching(/^[!-~]([\t -~]{0,6}[!-~])?$/);
const fields = fc.array(fc.tuple(name, value), { maxLength: 5 });

/** The same body in chunks of these lengths. */
function chunked(bytes: Buffer, sizes: readonly number[]): string {
  const pieces = cut(bytes, sizes).filter((piece) => piece.length > 0);
  return `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${Buffer.from(piece).toString('latin1')}\r\n`).join('')}0\r\n\r\n`;
}

it('an answer is read as it was written, however it is framed and cut', () =>
  fuzz(
    fc.property(
      fc.integer({ min: 200, max: 599 }),
      fields,
      body,
      fc.constantFrom('length', 'chunks', 'close'),
      lengths,
      lengths,
      (status, more, sent, framing, sizes, at) => {
        fc.pre(status !== 204 && status !== 304);
        const own = more.filter(
          ([field]) => !['connection', 'content-length', 'transfer-encoding'].includes(field.toLowerCase()),
        );
        const frame =
          framing === 'length'
            ? `content-length: ${sent.length}\r\n`
            : framing === 'chunks'
              ? 'Transfer-Encoding: chunked\r\n'
              : '';
        const text = `HTTP/1.1 ${status} Odd\r\n${own.map(([field, each]) => `${field}:${each}\r\n`).join('')}${frame}\r\n`;
        const bytes = Buffer.concat([
          Buffer.from(text, 'latin1'),
          framing === 'chunks' ? Buffer.from(chunked(sent, sizes), 'latin1') : sent,
        ]);
        const expected = new Map<string, string | string[]>();
        for (const [field, each] of own) {
          const key = field.toLowerCase();
          const before = expected.get(key);
          expected.set(key, before === undefined ? each : [before, each].flat());
        }
        if (framing === 'length') expected.set('content-length', String(sent.length));
        if (framing === 'chunks') expected.set('transfer-encoding', 'chunked');
        const { head, ...rest } = read(cut(bytes, at));
        expect(rest).toEqual({ body: sent.toString('latin1'), surplus: 0 });
        expect([head?.status, head?.isPersistent]).toEqual([status, framing !== 'close']);
        expect(new Map(Object.entries(head?.headers ?? {}))).toEqual(expected);
      },
    ),
  ));

/** Lengths at which bodies are read in another way. */
const longLength = fc
  .tuple(fc.constantFrom(0, 4_096, 16_384, 65_536, 131_072, 262_144, 524_288), fc.integer({ min: -3, max: 3 }))
  .map(([length, more]) => Math.max(0, length + more));

it('a long body is read as it was written, wherever it is cut, and whatever is read next', () =>
  fuzz(
    fc.property(
      longLength,
      fc.array(fc.oneof(fc.nat(9), fc.nat(100_000)), { maxLength: 12 }),
      fc.nat(3),
      (length, at, surplus) => {
        const sent = Buffer.alloc(length, '0123456789abcde');
        const head = `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`;
        const pieces = cut(Buffer.concat([Buffer.from(head), sent, Buffer.alloc(surplus)]), at);
        const result = read(pieces);
        expect(result.surplus).toBe(surplus);
        expect(sent.equals(Buffer.from(result.body, 'latin1'))).toBe(true);
      },
    ),
  ));

const PIECES = [
  'HTTP/1.1 200 OK\r\n', 'HTTP/1.0 200\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 101 x\r\n\r\n', '\r\n', '\n', '\r', '\r\n\r\n',
  'content-length: 3\r\n', 'content-length: 0\r\n', 'transfer-encoding: chunked\r\n', 'connection: close\r\n', ' folded\r\n', '__proto__: x\r\n',
  '3\r\nabc\r\n', '0\r\n\r\n', 'fffffffff\r\n', ';x=y', '-1', '\0', ':', 'x', '\u00ff',
]; // prettier-ignore

it('bytes of any kind are one answer or an error, wherever they are cut, and never two different ones', () =>
  fuzz(
    fc.property(oddText(...PIECES), lengths, fc.constantFrom('POST', 'HEAD'), (text, at, method) => {
      const bytes = Buffer.from(text, 'latin1');
      const whole = read([bytes], method);
      expect(read(cut(bytes, at), method)).toEqual(whole);
      // Two lengths, or none that is a number, are no length.
      const lengthsIn = text.split('\r\n\r\n')[0]?.match(/^content-length:/gim) ?? [];
      if (whole.head !== undefined && !text.includes('HTTP/1.1 100')) expect(lengthsIn.length).toBeLessThan(2);
      expect(Object.getPrototypeOf(whole.head?.headers ?? {})).toBe(Object.prototype);
    }),
  ));

it('the head of a request has the lines that it was made of, or is not made', () =>
  fuzz(
    fc.property(
      fc.oneof(fc.constant('/mcp'), oddText('/', '?', ' ', '\r\n', 'é', '#')),
      fc.dictionary(
        fc.oneof(name, oddText('x', ':', '\r\n', ' ', 'host', 'Content-Length')),
        fc.oneof(value, oddText('a', '\r\n', '\n', '\0', 'é', 'x: y')),
      ),
      fc.nat(3),
      (path, headers, length) => {
        if (!areUsual(headers)) return;
        let text: string;
        try {
          text = requestHead({ method: 'POST', path, host: 'a:1', headers, length });
        } catch (error) {
          if (error instanceof errors.InvalidArgumentError) return;
          throw error;
        }
        const lines = Object.entries(headers).map(([field, each]) => `${field}: ${each}`);
        const expected = [
          `POST ${path} HTTP/1.1`,
          'host: a:1',
          'connection: keep-alive',
          ...lines,
          `content-length: ${length}`,
          '',
          '',
        ];
        expect(text.split(/\r\n|\n|\r/)).toEqual(expected);
      },
    ),
  ));
