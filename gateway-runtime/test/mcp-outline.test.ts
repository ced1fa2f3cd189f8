import { stringOf } from '../src/mcp/wire/json-text';
import type { JsonObject } from '../src/mcp/wire/json-rpc';
import { outlineOf } from '../src/mcp/wire/outline';
import { withMeta } from '../src/mcp/wire/splice';

const LONG = 'one "quoted" line\nof a léger \\ \u{1f600} log\u0001\n'.repeat(300);
const KEY = 'io.example/name';
const OWN = { name: 'gateway' };

/** In pieces that end anywhere, within characters and escapes too. */
function inPieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

function withText(text: string, ...more: object[]): object {
  return { jsonrpc: '2.0', id: 'ü"', result: Object.assign({ content: [{ type: 'text', text }] }, ...more) as object };
}

it.each([1_000_000, 4_099, 1_777, 61])('reads all but the long string of a result, in pieces of %d bytes', (size) => {
  const bytes = inPieces(Buffer.from(JSON.stringify(withText(LONG, { isError: true, _meta: { a: 'é' } }))), size);
  expect(outlineOf(bytes)?.value).toEqual(withText('', { isError: true, _meta: { a: 'é' } }));
});

it.each<[string, object]>([
  ['no `_meta`', {}],
  ['a `_meta` before', { _meta: { a: 'é' } }],
  ['the member that is replaced', { _meta: { a: 'é', [KEY]: { name: 'é' } } }],
])('has a member set in it where there is %s, before and behind the string', (_, more) => {
  for (const result of [
    { ...more, text: LONG, b: 'ü' },
    { b: 'ü', text: LONG, ...more },
  ]) {
    const bytes = inPieces(Buffer.from(JSON.stringify({ id: 1, result })), 5_000);
    const { text = '', cut, value } = outlineOf(bytes) ?? {};
    const own = withMeta({ text, bytes, cut }, (value as { result: JsonObject }).result, KEY, JSON.stringify(OWN));
    const _meta = { ...(more as { _meta?: object })._meta, [KEY]: OWN };
    expect(JSON.parse(stringOf(own ?? ''))).toEqual({ id: 1, result: { ...result, _meta } });
  }
});

it('counts a long name of a member as a string', () => {
  const bytes = [Buffer.from(JSON.stringify({ id: 1, [LONG]: true }))];
  expect(outlineOf(bytes)?.value).toEqual({ id: 1, '': true });
});

const whole = JSON.stringify(withText(LONG));

it.each<[string, string]>([
  ['has no long string', JSON.stringify({ text: 'short', more: Array.from({ length: 2_000 }, (_, i) => `${i}`) })],
  ['has two', JSON.stringify([LONG, LONG])],
  ['has one far from its beginning', JSON.stringify([Array.from({ length: 2_000 }, (_, i) => `${i}`), LONG])],
  ['ends in the string', whole.slice(0, -500)],
  ['has a line break in the string', whole.replace('\\n', '\n')],
  ['has a control character in the string', whole.replace('\\u0001', '\u0001')],
  ['has an escape in the string that is none', whole.replace('\\n', '\\x')],
  ['has an escape in the string that is cut', whole.replace('\\u0001', '\\u00')],
  ['has a quote in the string', whole.replace('\\"quoted', '"quoted')],
  ['is no JSON before the string', whole.replace('"id"', 'id')],
  ['is no JSON behind the string', whole.slice(0, -1)],
  ['is nothing', ''],
])('has no outline if it %s', (_, text) => {
  expect(outlineOf([Buffer.from(text)])).toBeUndefined();
});
