import { Yaml } from 'cdk8s';
import fc from 'fast-check';
import { parseDocument } from 'yaml';
import { WHOLE, type Mapping } from '../../lib/synth/yaml-form';
import { YamlWriter } from '../../lib/synth/yaml-writer';

function textOf(mapping: Mapping): string {
  const writer = new YamlWriter();
  writer.document(mapping, WHOLE);
  return `${writer.take().slice(1)}\n`;
}

function read(text: string, version: '1.1' | '1.2'): unknown {
  const document = parseDocument(text, { version });
  if (document.errors.length > 0) throw document.errors[0]!;
  return document.toJS();
}

/** Strings that some reader takes for something else when they are written plainly. */
const MISLEADING = [
  ...['yes', 'no', 'on', 'off', 'y', 'N', 'True', 'FALSE', 'null', 'Null', '~', '', '=', '<<'],
  ...[
    '0x1f',
    '0X1F',
    '0b1',
    '010',
    '0o14',
    '1e3',
    'e5',
    '1_000',
    '1.5e1_0',
    '.5',
    '.',
    '+',
    '-1',
    '.inf',
    '-.INF',
    '.NaN',
  ],
  ...['190:20:30', '2001-01-01', '2001-1-1 10:00:00', '2001-01-01T10:00:00Z'],
  ...[
    ':',
    'a:',
    ': a',
    'a: b',
    '#',
    'a #b',
    '- a',
    '-',
    '? a',
    '@a',
    '`a`',
    '!a',
    '&a',
    '*a',
    '|',
    '>',
    '%YAML',
    '---',
    '...',
  ],
  ...['{a}', '[a]', 'a, b', '"a"', "'a'", `'"`, '{"a":1}', '\\', 'a\\nb'],
  ...[
    ' a',
    'a ',
    '\ta',
    'a\tb',
    'a\n',
    '\na',
    'a\nb',
    'a\nb\n',
    'a\n\nb',
    'a\nb\n\n',
    'a \nb',
    'a\n b',
    ' a\nb',
    '\ta\nb',
  ],
  ...['a\n\tb', 'a\n \nb', 'a\n ', '\n', ' ', '# a\nb', '---\na', 'a: b\nc: d\n', 'a\r\nb', 'a\rb'],
  ...[
    '\u0000',
    '\u0007',
    '\u007f',
    '\u0085',
    '\u00a0',
    '\u2028',
    '\u2029',
    '\ufeffa',
    '\ufffe',
    '\uffff',
    '\ud800',
    'é',
    '😀',
  ],
  ...['a'.repeat(3000), 'a b '.repeat(1000), `${'a '.repeat(200)}\n${'b'.repeat(3000)}`],
];

const ALPHABET = [...'yNoeE0189.+-_xb:~=<>#&*!|%@`\'"[]{},?  \t\n\n\r\u0000\u0085\u00a0\u2028\ufeff\uffffé😀/\\'];

const text = fc.oneof(
  fc.constantFrom(...MISLEADING),
  fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 8 }),
  fc.string({ unit: fc.constantFrom(...'0123456789.eE+-_xob:'), maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc
    .tuple(fc.constantFrom(...MISLEADING), fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 3 }))
    .map((parts) => parts.join('')),
);

/** A string in each place where a string can stand. */
function places(value: string): Mapping {
  const key = value.length > 1000 ? 'long' : value;
  return { [key]: value, list: [value, [value], { [key]: [value] }], map: { [key]: { inner: value } } };
}

describe('YAML of manifests', () => {
  it.each(['1.1', '1.2'] as const)('is read back by YAML %s as it was, whatever the strings', (version) => {
    const property = fc.property(text, (value) => {
      fc.pre(value !== '__proto__');
      expect(read(textOf(places(value)), version)).toEqual(places(value));
    });
    fc.assert(property, { numRuns: 3000, examples: MISLEADING.map((value) => [value]) });
  });

  it('holds every other value too', () => {
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        text,
        fc.double({ noNaN: true }),
        fc.integer(),
        fc.constantFrom(true, false, null, -0, 1e21),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.string({ maxLength: 5 }), tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    const property = fc.property(fc.dictionary(fc.string(), value, { noNullPrototype: true }), (mapping) => {
      const written = textOf(mapping);
      expect(read(written, '1.1')).toEqual(mapping);
      expect(read(written, '1.2')).toEqual(mapping);
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it.each([
    [
      'the usual strings',
      { image: 'nginx:1.29', url: 'http://a:80/b', ip: '10.0.0.0/8', cpu: '100m', version: '1.2.3' },
    ],
    ['what needs quotes', { a: 'yes', b: '8080', c: '2001-01-01', d: 'a: b', e: '{"a":1}', on: "it's #1", f: '' }],
    [
      'several lines',
      { script: '#!/bin/sh\nset -e\n\nexec "$@"\n', note: 'first\n  second', list: ['a\nb', { c: 'd\ne' }] },
    ],
    ['empty and nested collections', { a: {}, b: [], c: [[], {}, [[1, [2]]], [{ x: 1, y: [{ z: null }] }]] }],
    ['numbers', { a: 0, b: -0, c: 1.5, d: 1e21, e: 1e-7, f: Infinity, g: -Infinity, h: NaN }],
  ])('has the form that cdk8s gives it: %s', (_, mapping) => {
    expect(textOf(mapping)).toBe(Yaml.stringify(mapping));
  });
});
