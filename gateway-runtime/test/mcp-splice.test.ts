import fc from 'fast-check';
import type { JsonObject } from '../src/mcp/wire/json-rpc';
import { stringOf } from '../src/mcp/wire/json-text';
import { withMeta } from '../src/mcp/wire/splice';

const KEY = 'io.example/name';
const OWN = { name: 'gateway "}', version: '1' };
const json = JSON.stringify(OWN);

/** White space wherever JSON allows it. */
function spaced(value: unknown, space: string): string {
  return JSON.stringify(value, undefined, space);
}

/** A name of another member, which is written without escapes. */
const isPlainName = (name: string): boolean =>
  name !== KEY && name !== '__proto__' && JSON.stringify(name) === `"${name}"`;

/**
 * Responses of which `withMeta` has made another one, as text alone, as bytes and as bytes in pieces; absent if it was not
 * certain where.
 */
const replaced = (text: string): unknown => {
  const { result } = JSON.parse(text) as { readonly result: JsonObject };
  const bytes = Buffer.from(text);
  const all = [undefined, [bytes], [bytes.subarray(0, 5_001), bytes.subarray(5_001)]];
  const made = all.map((each) => withMeta({ text, bytes: each }, result, KEY, json));
  const [parsed, ...same] = made.map((each) => each && (JSON.parse(stringOf(each)) as unknown));
  expect(same).toEqual([parsed, parsed]);
  return parsed;
};

const names = fc.dictionary(fc.string().filter(isPlainName), fc.jsonValue());

it('sets the member and nothing else, whatever stands around it and in it', () => {
  fc.assert(
    fc.property(
      names,
      fc.option(names, { nil: undefined }),
      fc.option(names, { nil: undefined }),
      fc.constantFrom('', ' ', '\t', '\n'),
      (around, meta, inside, space) => {
        const _meta = meta === undefined ? undefined : { ...meta, ...(inside !== undefined && { [KEY]: inside }) };
        const value = { id: 1, result: { before: around, _meta, after: around } };
        const expected = { id: 1, result: { before: around, _meta: { ..._meta, [KEY]: OWN }, after: around } };
        expect(replaced(spaced(value, space))).toEqual(JSON.parse(spaced(expected, space)));
      },
    ),
    { seed: 20_261_126, numRuns: 500 },
  );
});

it.each<[string, unknown, unknown]>([
  ['in an object without it', { _meta: { a: 1 }, b: 2 }, { _meta: { a: 1, [KEY]: OWN }, b: 2 }],
  ['in an empty object', { _meta: {} }, { _meta: { [KEY]: OWN } }],
  ['with its object', { a: 1 }, { a: 1, _meta: { [KEY]: OWN } }],
  ['with its object, in an empty result', {}, { _meta: { [KEY]: OWN } }],
  ...['"a', '"é', '\u{1f600}'].flatMap((some): [string, unknown, unknown][] => {
    const text = some.repeat(9_000);
    return [
      [`with its object, before many ${some}`, { text }, { text, _meta: { [KEY]: OWN } }],
      [`in an object behind many ${some}`, { text, _meta: { a: some } }, { text, _meta: { a: some, [KEY]: OWN } }],
      [`in its place behind many ${some}`, { text, _meta: { [KEY]: { some } } }, { text, _meta: { [KEY]: OWN } }],
    ];
  }),
  ['in the place of another', { _meta: { [KEY]: { a: '}' }, a: 1 } }, { _meta: { [KEY]: OWN, a: 1 } }],
])('sets the member %s', (_, result, expected) => {
  for (const space of ['', ' ', '\n']) {
    expect(replaced(spaced({ error: { a: [1, '"'] }, id: '}', result }, space))).toMatchObject({ result: expected });
  }
});

it.each<[string, object]>([
  ['no object', { _meta: { [KEY]: 'text' } }],
  ['in no object', { _meta: null }],
  ['there twice', { _meta: { [KEY]: {} }, other: { [KEY]: {} } }],
  ['in an object whose name is there twice', { _meta: {}, other: { _meta: {} } }],
])('leaves a text alone in which it is %s', (_, result) => {
  expect(replaced(JSON.stringify({ id: 1, result }))).toBeUndefined();
});

it('is not misled by a text that looks like it', () => {
  const result = { text: `"${KEY}":{},"_meta":{`, _meta: { [KEY]: { a: '}' } } };
  expect(replaced(JSON.stringify({ id: '"result":{', result }))).toEqual({
    id: '"result":{',
    result: { ...result, _meta: { [KEY]: OWN } },
  });
});

it.each([
  `{"result":{"_meta":{"io.example\\u002fname":{}},"other":{"io.example/name":1}}}`,
  `{"result":{"_meta":{"io.example\\u002fname":{}},"other":{"io.example/name":{"a":1}}}}`,
  `{"result":{"_meta":{"io.example\\/name":{}},"other":{"io.example/name":{"a":1}}}}`,
  `{"result":{"_meta":{"io.example\\/name":{},"x\\"io.example/name":{}}}}`,
  `{"r\\u0065sult":{}}`,
  `{"result":{"\\u005fmeta":{"a":"\\u005f"},"b":{"_meta":{}}}}`,
])('leaves a text alone in which its name is written in another way: %s', (text) => {
  expect(replaced(text)).toBeUndefined();
});

it('leaves a large text alone that is no UTF-8, unless its bytes are its characters', () => {
  const result = { text: 'a'.repeat(9_000) };
  const bytes = Buffer.from(JSON.stringify({ id: 'é', result }));
  bytes[bytes.length - 9] = 0xff;
  const made = withMeta({ text: bytes.toString('utf8'), bytes: [bytes] }, result, KEY, json);
  expect(made).toBeUndefined();
});
