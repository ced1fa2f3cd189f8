import fc from 'fast-check';
import { EventStream, type ServerSentEvent } from '../src/mcp/wire/event-stream';

function eventsIn(pieces: Iterable<Uint8Array>): ServerSentEvent[] {
  const found: ServerSentEvent[] = [];
  const stream = new EventStream((event) => found.push(event));
  for (const piece of pieces) stream.push(piece);
  stream.end();
  return found;
}

const dataOf = (pieces: Iterable<Uint8Array>): string[] => eventsIn(pieces).map(({ data }) => data);

/** Cuts bytes after each of `lengths`, the rest at the end. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) pieces.push(bytes.subarray(at, (at += length)));
  return [...pieces, bytes.subarray(at)];
}

const line = fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replaceAll(/[\r\n\uFEFF]/g, '-'));
const event = fc.array(line, { minLength: 1, maxLength: 3 });
const noise = fc.constantFrom('', ': comment', 'event: message', 'dat', 'datas: x');

describe('EventStream', () => {
  it('finds the same events, whatever the line ends and wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(event, noise), { maxLength: 4 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        fc.array(fc.integer({ min: 0, max: 5 })),
        (events, end, spaced, lengths) => {
          const text = events
            .flatMap(([lines, other]) => [other, ...lines.map((data) => `data:${spaced ? ' ' : ''}${data}`), ''])
            .map((each) => each + end)
            .join('');
          // Without the space, one that the data begins with is taken for it, as the standard says.
          const expected = events.map(([lines]) =>
            lines.map((data) => (spaced ? data : data.replace(/^ /, ''))).join('\n'),
          );
          expect(dataOf(cut(Buffer.from(text), lengths))).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads an event that comes in very many pieces', () => {
    const piece = Buffer.alloc(1_024, 'x');
    const pieces = [Buffer.from('data: '), ...Array.from({ length: 32_768 }, () => piece), Buffer.from('\n\n')];
    expect(dataOf(pieces)[0]).toHaveLength(32 * 1024 * 1024);
  });

  it('leaves out an event that the body breaks off in', () => {
    expect(dataOf([Buffer.from('data: 1\n\ndata: 2\n')])).toEqual(['1']);
  });

  it('tells ids and retries, also of an event without data, but none of a comment alone', () => {
    const text = 'id: 1\nretry: 100\ndata: \n\n: hello\n\nid: 2\n\ndata: x\nid: 3\n\nretry: soon\n\n';
    expect(eventsIn([Buffer.from(text)])).toEqual([
      { data: '', id: '1', retry: 100 },
      { data: '', id: '2' },
      { data: 'x', id: '3' },
    ]);
  });

  it.each(['', 'a\tb', 'a\u0000', 'x'.repeat(513)])('leaves out an id that nobody comes back with: %j', (id) => {
    const longest = 'é'.repeat(512);
    expect(eventsIn([Buffer.from(`id: ${longest}\ndata: 1\n\nid: ${id}\ndata: 2\n\n`)])).toEqual([
      { data: '1', id: longest },
      { data: '2' },
    ]);
  });
});
