import fc from 'fast-check';
import { withMember } from '../src/mcp/wire/splice';

const KEY = 'io.example/name';
const OWN = { name: 'gateway "}', version: '1' };
const json = Buffer.from(JSON.stringify(OWN));

/** White space wherever JSON allows it. */
function spaced(value: unknown, space: string): string {
  return JSON.stringify(value, undefined, space);
}

const replaced = (text: string, parent: (value: any) => unknown): unknown => {
  const bytes = withMember(Buffer.from(text), parent(JSON.parse(text)), KEY, json);
  return bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'));
};

it('replaces the member and nothing else, whatever stands around it and in it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string().filter((key) => key !== KEY && key !== '__proto__'),
        fc.jsonValue(),
      ),
      fc.dictionary(
        fc.string().filter((key) => key !== KEY && key !== '__proto__'),
        fc.jsonValue(),
      ),
      fc.constantFrom('', ' ', '\t', '\n'),
      (around, inside, space) => {
        const value = { before: around, meta: { ...around, [KEY]: inside }, after: around };
        expect(replaced(spaced(value, space), ({ meta }) => meta)).toEqual({
          ...value,
          meta: { ...value.meta, [KEY]: OWN },
        });
      },
    ),
    { seed: 20_261_126, numRuns: 500 },
  );
});

it.each<[string, unknown]>([
  ['not there', { meta: {} }],
  ['no object', { meta: { [KEY]: 'text' } }],
  ['there twice', { meta: { [KEY]: {} }, other: { [KEY]: {} } }],
])('leaves a text alone in which it is %s', (_, value) => {
  expect(replaced(JSON.stringify(value), ({ meta }) => meta)).toBeUndefined();
});

it('is not misled by a text that looks like it', () => {
  const value = { text: `"${KEY}":{}`, meta: { [KEY]: { a: '}' } } };
  expect(replaced(JSON.stringify(value), ({ meta }) => meta)).toEqual({ ...value, meta: { [KEY]: OWN } });
});

it.each([
  `{"meta":{"io.example\\u002fname":{}},"other":{"io.example/name":1}}`,
  `{"meta":{"io.example\\u002fname":{}},"other":{"io.example/name":{"a":1}}}`,
  `{"meta":{"io.example\\/name":{}},"other":{"io.example/name":{"a":1}}}`,
  `{"meta":{"io.example\\/name":{},"x\\"io.example/name":{}}}`,
])('leaves a text alone in which its name is written in another way: %s', (text) => {
  expect(replaced(text, ({ meta }) => meta)).toBeUndefined();
});
