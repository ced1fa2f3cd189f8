import fc from 'fast-check';
import { fuzz, oddJson } from '../../../runtime-kit/test/fuzz/fuzz';
import type { JsonObject } from '../../src/mcp/wire/json-rpc';
import { stringOf } from '../../src/mcp/wire/json-text';
import { withMeta } from '../../src/mcp/wire/splice';

const KEY = 'io.example/name';
const OWN = { name: 'gateway "}{', version: '1' };
const json = JSON.stringify(OWN);

/** What may be found in the place of the member, or looks like it. */
const lookalike = fc.constantFrom<unknown>(
  `"${KEY}":{`,
  `${KEY}`,
  { [KEY]: 1 },
  [`{"${KEY}":{}}`],
  '\\',
  '"',
  '}',
  '{"',
);
/**
 * Has no member of this name: when V8 has read one, it takes any name of one character for it that is written in escapes
 * (nodejs/node#63785).
 */
const hasUsualNames = (data: unknown): boolean => !JSON.stringify(data).includes('"\\\\":');
const value = fc.oneof({ weight: 3, arbitrary: oddJson.filter(hasUsualNames) }, { weight: 1, arbitrary: lookalike });
const members = fc.dictionary(
  fc.constantFrom('a', 'b', KEY, `${KEY}2`, '__proto__', '"', '\\"', '_meta', 'result'),
  value,
  { maxKeys: 4 },
);

/** A JSON text of a value, with any white space, and texts written in any way that JSON has. */
function written(data: unknown, next: () => number, inEscapes: boolean): string {
  const space = () => [' ', '', '', '\n', '\t\r'][next() % 5] ?? '';
  if (Array.isArray(data))
    return `[${space()}${data.map((each) => written(each, next, inEscapes)).join(`${space()},`)}${space()}]`;
  if (typeof data === 'string') return quoted(data, next, inEscapes);
  if (typeof data !== 'object' || data === null) return JSON.stringify(data);
  const pairs = Object.entries(data).map(
    ([name, each]) =>
      `${quoted(name, next, inEscapes)}${space()}:${space()}${written(each, next, inEscapes)}${space()}`,
  );
  return `{${space()}${pairs.join(`,${space()}`)}}`;
}

function quoted(text: string, next: () => number, inEscapes: boolean): string {
  if (!inEscapes || next() % 4 !== 0) return JSON.stringify(text);
  return `"${[...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;
}

/** A value without any member of the name, and without what it alone would be in. */
function without(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(without);
  if (typeof data !== 'object' || data === null) return data;
  const pairs = Object.entries(data).map(([name, each]) => [name, without(each)] as const);
  return Object.fromEntries(
    pairs.filter(([name, each]) => name !== KEY && !(name === '_meta' && JSON.stringify(each) === '{}')),
  );
}

it('sets exactly the member that is meant, or says that it is not certain', () =>
  fuzz(
    fc.property(
      members,
      fc.oneof(fc.constant(undefined), members),
      fc.oneof(fc.constant(undefined), value),
      fc.array(fc.nat(20), { minLength: 1 }),
      fc.boolean(),
      (around, meta, inside, choices, inEscapes) => {
        let at = 0;
        const next = () => choices[(at += 1) % choices.length] ?? 0;
        const own = inside === undefined ? meta : { ...meta, [KEY]: inside };
        const { _meta: _, ...others } = around;
        const result = { before: around, ...others, ...(own !== undefined && { _meta: own }), after: around };
        const text = written({ id: 1, result }, next, inEscapes);
        const parsed = JSON.parse(text) as { readonly result: JsonObject & { readonly _meta?: object } };
        const spliced = withMeta({ text }, parsed.result, KEY, json);
        if (spliced === undefined) return;
        const found: unknown = JSON.parse(stringOf(spliced));
        expect(without(found)).toEqual(without(parsed));
        if (inEscapes) return;
        expect(found).toEqual({
          ...parsed,
          result: { ...parsed.result, _meta: { ...parsed.result._meta, [KEY]: OWN } },
        });
      },
    ),
  ));
