import fc from 'fast-check';
import { withMember } from '../src/mcp/wire/splice';

const KEY = 'io.example/name';
const OWN = { name: 'gateway "}', version: '1' };
const json = Buffer.from(JSON.stringify(OWN));

/** White space wherever JSON allows it. */
function spaced(value: unknown, space: string): string {
  return JSON.stringify(value, undefined, space);
}

/** A name of another member, which is written without escapes. */
const isPlainName = (name: string): boolean =>
  name !== KEY && name !== '__proto__' && JSON.stringify(name) === `"${name}"`;

const replaced = (text: string): unknown => {
  const bytes = withMember(Buffer.from(text), ['meta', KEY], json);
  return bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'));
};

it('replaces the member and nothing else, whatever stands around it and in it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string().filter(isPlainName), fc.jsonValue()),
      fc.dictionary(fc.string().filter(isPlainName), fc.jsonValue()),
      fc.constantFrom('', ' ', '\t', '\n'),
      (around, inside, space) => {
        const value = { before: around, meta: { ...around, [KEY]: inside }, after: around };
        expect(replaced(spaced(value, space))).toEqual({
          ...value,
          meta: { ...value.meta, [KEY]: OWN },
        });
      },
    ),
    { seed: 20_261_126, numRuns: 500 },
  );
});

it.each<[string, unknown, unknown]>([
  ['in an object without it', { meta: { a: 1 }, b: 2 }, { meta: { a: 1, [KEY]: OWN }, b: 2 }],
  ['in an empty object', { meta: {} }, { meta: { [KEY]: OWN } }],
  ['with its object', { a: 1 }, { a: 1, meta: { [KEY]: OWN } }],
  ['with its object, in an empty text', {}, { meta: { [KEY]: OWN } }],
  ['in the place of what is no object', { meta: { [KEY]: 'text', a: 1 } }, { meta: { [KEY]: OWN, a: 1 } }],
  ['and not elsewhere', { other: { [KEY]: {} }, meta: {} }, { other: { [KEY]: {} }, meta: { [KEY]: OWN } }],
])('sets the member %s', (_, value, expected) => {
  for (const space of ['', ' ', '\n']) expect(replaced(spaced(value, space))).toEqual(expected);
});

it('goes by the last one of a name that is there twice', () => {
  const text = `{"meta":{"${KEY}":1},"meta":{"${KEY}":2,"${KEY}":3,"a":4}}`;
  expect(replaced(text)).toEqual({ meta: { [KEY]: OWN, a: 4 } });
});

it('is not misled by a text that looks like it', () => {
  const value = { text: `"${KEY}":{}`, meta: { [KEY]: { a: '}' } } };
  expect(replaced(JSON.stringify(value))).toEqual({ ...value, meta: { [KEY]: OWN } });
});

it.each([
  `{"meta":{"io.example\\u002fname":{}},"other":{"io.example/name":1}}`,
  `{"meta":{"io.example\\/name":{}},"other":{"io.example/name":{"a":1}}}`,
  `{"meta":{"io.example\\/name":{},"x\\"io.example/name":{}}}`,
  `{"m\\u0065ta":{"${KEY}":{}}}`,
  `{"meta":null}`,
  `[{"meta":{}}]`,
])('leaves a text alone in which its place is not certain: %s', (text) => {
  expect(replaced(text)).toBeUndefined();
});
