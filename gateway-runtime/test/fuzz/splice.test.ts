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
        const own = meta === undefined ? {} : { meta: inside === undefined ? meta : { ...meta, [KEY]: inside } };
        // Names that come again count as their last one does.
        const pairs = [own, { before: around }, own].map((each) => written(each, next, inEscapes).trim().slice(1, -1));
        const text = `{${pairs.filter((pair) => pair.trim() !== '').join()}}`;
        const parsed = JSON.parse(text) as { meta?: Record<string, unknown> };
        const spliced = withMember(Buffer.from(text), ['meta', KEY], json);
        if (spliced === undefined) return expect(text).toContain('\\');
        expect(JSON.parse(spliced.toString('utf8'))).toEqual({ ...parsed, meta: { ...parsed.meta, [KEY]: OWN } });
      },
    ),
  ));
