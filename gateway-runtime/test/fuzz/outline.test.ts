import fc from 'fast-check';
import { fuzz, oddJson } from '../../../runtime-kit/test/fuzz/fuzz';
import { outlineOf } from '../../src/mcp/wire/outline';

/** Makes long texts of short ones, so that few values have to be made up. */
const longText = fc
  .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), fc.integer({ min: 200, max: 2_000 }))
  .map(([text, times]) => text.repeat(times));
const answer = fc.record({
  before: oddJson,
  long: fc.oneof(longText, fc.dictionary(longText, oddJson, { maxKeys: 1 })),
  after: oddJson,
});
/** What is changed in the bytes: where, as a share of them, and into what. */
const changes = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 2 });

/** A value in which a text is empty. */
function without(value: unknown, text: string): unknown {
  if (typeof value === 'string') return value === text ? '' : value;
  if (Array.isArray(value)) return value.map((each) => without(each, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name === text ? '' : name, without(each, text)]),
  );
}

it('is an outline of JSON alone, and has all of it but one text', () =>
  fuzz(
    fc.property(answer, changes, fc.integer({ min: 1, max: 5_000 }), (value, changed, at) => {
      const bytes = Buffer.from(JSON.stringify(value));
      for (const [share, byte] of changed) bytes[Math.floor(share * (bytes.length - 1))] = byte;
      const outline = outlineOf([bytes.subarray(0, at), bytes.subarray(at)]);
      if (outline === undefined) return;
      const { start, end } = outline.cut;
      const whole: unknown = JSON.parse(bytes.toString('utf8'));
      const text = JSON.parse(bytes.toString('utf8', start - 1, end + 1)) as string;
      expect(outline.value).toEqual(without(whole, text));
    }),
  ));

it('finds the long text of an answer', () =>
  fuzz(
    fc.property(longText, fc.integer({ min: 1, max: 5_000 }), (long, at) => {
      const bytes = Buffer.from(JSON.stringify({ id: 1, result: { content: [{ text: long }], isError: false } }));
      const outline = outlineOf([bytes.subarray(0, at), bytes.subarray(at)]);
      // A text that is full of quotes and backslashes may not show where it ends.
      if (outline === undefined) return void expect(Buffer.byteLength(long) < 1_024 || /["\\]/.test(long)).toBe(true);
      expect(outline.value).toEqual({ id: 1, result: { content: [{ text: '' }], isError: false } });
    }),
  ));
