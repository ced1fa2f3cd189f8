import fc from 'fast-check';
import { eventData } from '../src/mcp/event-stream';

async function read(pieces: Iterable<Uint8Array>): Promise<string[]> {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) yield await Promise.resolve(piece);
  }
  const found: string[] = [];
  for await (const data of eventData(body())) found.push(data);
  return found;
}

/** Cuts bytes after each of `lengths`, the rest at the end. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) pieces.push(bytes.subarray(at, (at += length)));
  return [...pieces, bytes.subarray(at)];
}

const line = fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replaceAll(/[\r\n\uFEFF]/g, '-'));
const event = fc.array(line, { minLength: 1, maxLength: 3 });
const noise = fc.constantFrom('', ': comment', 'event: message', 'id: 7', 'retry: 10', 'dat', 'datas: x');

describe('eventData', () => {
  it('finds the same events, whatever the line ends and wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(event, noise), { maxLength: 4 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        fc.array(fc.integer({ min: 0, max: 5 })),
        async (events, end, spaced, lengths) => {
          const text = events
            .flatMap(([lines, other]) => [other, ...lines.map((data) => `data:${spaced ? ' ' : ''}${data}`), ''])
            .map((each) => each + end)
            .join('');
          // Without the space, one that the data begins with is taken for it, as the standard says.
          const expected = events.map(([lines]) =>
            lines.map((data) => (spaced ? data : data.replace(/^ /, ''))).join('\n'),
          );
          expect(await read(cut(Buffer.from(text), lengths))).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leaves out an event that the body breaks off in', async () => {
    expect(await read([Buffer.from('data: 1\n\ndata: 2\n')])).toEqual(['1']);
  });
});
