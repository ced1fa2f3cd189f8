import fc from 'fast-check';
import { fuzz, oddJson } from '../../../runtime-kit/test/fuzz/fuzz';
import { withMember } from '../../src/mcp/wire/splice';

const KEY = 'io.example/name';
const OWN = { name: 'gateway "}{', version: '1' };
const json = Buffer.from(JSON.stringify(OWN));

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
const value = fc.oneof({ weight: 3, arbitrary: oddJson }, { weight: 1, arbitrary: lookalike });
const members = fc.dictionary(fc.constantFrom('a', 'b', KEY, `${KEY}2`, '__proto__', '"', '\\', 'meta'), value, {
  maxKeys: 4,
});

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

/** A value as it was before: each of our members is what stood there. */
function restored(data: unknown, inside: unknown): unknown {
  if (Array.isArray(data)) return data.map((each) => restored(each, inside));
  if (typeof data !== 'object' || data === null) return data;
  const pairs = Object.entries(data).map(([name, each]): [string, unknown] =>
    name === KEY && JSON.stringify(each) === JSON.stringify(OWN) ? [name, inside] : [name, restored(each, inside)],
  );
  return Object.fromEntries(pairs);
}

it('replaces exactly the member that is meant, or says that it is not certain', () =>
  fuzz(
    fc.property(
      members,
      members,
      value,
      fc.array(fc.nat(20), { minLength: 1 }),
      fc.boolean(),
      (around, meta, inside, choices, inEscapes) => {
        let at = 0;
        const next = () => choices[(at += 1) % choices.length] ?? 0;
        const text = written({ before: around, meta: { ...meta, [KEY]: inside }, after: around }, next, inEscapes);
        const parsed = JSON.parse(text) as { meta: Record<string, unknown> };
        const spliced = withMember(Buffer.from(text), parsed.meta, KEY, json);
        if (spliced === undefined) return;
        const result: unknown = JSON.parse(spliced.toString('utf8'));
        expect(restored(result, parsed.meta[KEY])).toEqual(parsed);
        if (!inEscapes) expect(result).toEqual({ ...parsed, meta: { ...parsed.meta, [KEY]: OWN } });
      },
    ),
  ));
