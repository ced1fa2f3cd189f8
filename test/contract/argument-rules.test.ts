import fc from 'fast-check';
import { ArgumentRules, parseDocument, toolsetDocument, unmetPlaces, unmetText } from '../../lib/contract';
import type { ArgumentRule, CallSubject, ToolPermission } from '../../lib/contract';
import { argumentRuleFaults } from '../../lib/contract';

const subject = (...roles: string[]): CallSubject => ({ user: { sub: 'vic', roles }, tool: 'search' });
const NOBODY: CallSubject = { user: undefined, tool: 'search' };

const small = {
  type: 'object',
  properties: { limit: { type: 'integer', maximum: 100 }, index: { enum: ['web', 'app'] } },
  required: ['limit'],
} as const;

const rulesOf = (allowedRoles: ToolPermission['allowedRoles'], ...argumentRules: ArgumentRule[]): ArgumentRules => {
  const tool = { allowedRoles, argumentRules };
  expect(argumentRuleFaults(tool)).toEqual([]);
  return ArgumentRules.of(tool) as ArgumentRules;
};

const expression = (text: string): ArgumentRule => ({ role: 'viewer', expression: text });
const schema = (of: object): ArgumentRule => ({ role: 'viewer', schema: { type: 'object', ...of } });

describe('rules by schema', () => {
  const rules = rulesOf(['viewer', 'admin'], { role: 'viewer', schema: small });

  it.each([
    ['within', { limit: 100, index: 'web' }, undefined],
    ['with more than the rule speaks of', { limit: 1, query: 'x' }, undefined],
    ['above', { limit: 101 }, '/limit (maximum)'],
    ['of another type', { limit: '1000' }, '/limit (type)'],
    ['outside of a list', { limit: 1, index: 'secrets' }, '/index (enum)'],
    ['missing', { index: 'web' }, '/limit (required)'],
    ['no object', [1], '/ (type)'],
    ['that only look inherited', JSON.parse('{"__proto__": {"limit": 1}}') as object, '/limit (required)'],
  ])('judge arguments %s', (_title, args, expected) => {
    const unmet = rules.unmetBy(args, subject('viewer'));
    expect(unmet.length === 0 ? undefined : unmetText(unmet)).toEqual(
      expected && `The call is not allowed with these arguments: ${expected}. Nothing was called.`,
    );
  });

  it('are of a role: one without a rule may give all, and of several any is enough', () => {
    expect(rules.unmetBy({ limit: 101 }, subject('admin'))).toEqual([]);
    expect(rules.unmetBy({ limit: 101 }, subject('viewer', 'admin'))).toEqual([]);
    const two = rulesOf(
      ['viewer', 'editor'],
      { role: 'viewer', schema: small },
      { ...expression('args.limit < 500'), role: 'editor' },
    );
    expect(two.unmetBy({ limit: 101 }, subject('viewer', 'editor'))).toEqual([]);
    const unmet = two.unmetBy({ limit: 500 }, subject('editor', 'viewer', 'stranger'));
    expect(unmetText(unmet)).toContain(': /limit (maximum), or / (cel).');
    expect(unmetPlaces(unmet)).toBe('viewer #/properties/limit/maximum, editor #');
  });

  it('for all are of those without a rule of their own, and of services that act for themselves', () => {
    const all = rulesOf('*', { role: '*', schema: small }, { role: 'admin', schema: { type: 'object' } });
    expect(all.unmetBy({ limit: 101 }, subject('viewer'))).toHaveLength(1);
    expect(all.unmetBy({ limit: 101 }, subject())).toHaveLength(1);
    expect(all.unmetBy({ limit: 101 }, subject('admin'))).toEqual([]);
    expect(all.unmetBy({ limit: 101 }, NOBODY)).toHaveLength(1);
    // Without one a service may give what it wants: its grant names no role.
    expect(rules.unmetBy({ limit: 101 }, NOBODY)).toEqual([]);
  });

  it('say nothing of what was sent', () => {
    const unmet = rules.unmetBy({ limit: 'hunter2', index: 'hunter2' }, subject('viewer'));
    expect(JSON.stringify(unmet)).not.toContain('hunter2');
  });

  it('do not allow what is nested too deeply to be judged', () => {
    const tree = { $ref: '#/$defs/tree' };
    const node = { type: ['object', 'null'], properties: { next: tree } };
    const list = rulesOf(['viewer'], schema({ properties: { next: tree }, $defs: { tree: node } }));
    const nested = (depth: number) => JSON.parse('{"next":'.repeat(depth) + 'null' + '}'.repeat(depth)) as object;
    expect(list.unmetBy(nested(100), subject('viewer'))).toEqual([]);
    const place = { role: 'viewer', path: '', keyword: 'schema', place: '#' };
    expect(list.unmetBy(nested(100_000), subject('viewer'))).toEqual([place]);
    const cel = rulesOf(['viewer'], expression('has(args.next)'));
    expect(cel.unmetBy(nested(100_000), subject('viewer'))).toMatchObject([{ keyword: 'cel-size' }]);
  });

  it('match patterns in linear time', () => {
    const slow = rulesOf(['viewer'], schema({ properties: { q: { type: 'string', pattern: '^(a+)+$' } } }));
    expect(slow.unmetBy({ q: `${'a'.repeat(50_000)}!` }, subject('viewer'))).toMatchObject([{ keyword: 'pattern' }]);
  });
});

describe('rules by expression', () => {
  it.each([
    ['args.limit <= 100', { limit: 100 }, true],
    ['args.limit <= 100', { limit: 101 }, false],
    ['args.limit <= 100', { limit: '1' }, false],
    ['args.limit <= 100', {}, false],
    ['!has(args.limit) || args.limit <= 100', {}, true],
    ["args.index in ['web', 'app']", { index: 'app' }, true],
    ['args.owner == user.sub', { owner: 'vic' }, true],
    ['args.owner == user.sub', { owner: 'eve' }, false],
    ["'viewer' in user.roles && tool == 'search'", {}, true],
    ["args.hosts.all(h, h.endsWith('.example.com'))", { hosts: ['a.example.com', 'example.org'] }, false],
    ['args.constructor == null', {}, false],
    ['args.a == args.b', [], false],
    ['args.list.size() < 5000', { list: Array.from({ length: 1_001 }, () => 1) }, false],
    ['args.text.size() < 99999', { text: 'x'.repeat(65_537) }, false],
  ])('%s', (text, args, allowed) => {
    const unmet = rulesOf(['viewer'], expression(text)).unmetBy(args, subject('viewer'));
    expect(unmet.length === 0).toBe(allowed);
    if (!allowed) expect(unmet).toMatchObject([{ role: 'viewer', path: '', place: '#' }]);
  });

  it('have to hold together with the schema beside them', () => {
    const both = rulesOf(['viewer'], {
      role: 'viewer',
      schema: small,
      expression: "args.limit != 7 || args.index == 'web'",
    });
    expect(both.unmetBy({ limit: 7, index: 'web' }, subject('viewer'))).toEqual([]);
    expect(both.unmetBy({ limit: 7, index: 'app' }, subject('viewer'))).toMatchObject([{ keyword: 'cel' }]);
    expect(both.unmetBy({ limit: 700, index: 'web' }, subject('viewer'))).toMatchObject([{ keyword: 'maximum' }]);
  });

  it('judge whatever JSON there is, and say nothing of it', () => {
    const rules = rulesOf(['viewer'], {
      role: 'viewer',
      schema: { type: 'object', properties: { a: { type: 'array', maxItems: 2 } }, additionalProperties: false },
      expression: 'args.a.all(x, x != args.b) && args.a.size() > 0',
    });
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ minLength: 12 }), (value, secret) => {
        for (const args of [value, { a: value, b: value }, { a: [value, secret] }, { a: secret }]) {
          const unmet = rules.unmetBy(args, subject('viewer'));
          expect(JSON.stringify(unmet)).not.toContain(JSON.stringify(secret).slice(1, -1));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('take no longer than a moment, whatever the arguments are', () => {
    const loop = rulesOf(['viewer'], expression('args.a.all(x, !(x in args.b))'));
    const list = (from: number) => Array.from({ length: 400 }, (_, i) => from + i);
    expect(loop.unmetBy({ a: list(0), b: list(400) }, subject('viewer'))).toEqual([]);
  });
});

describe('a wrong rule', () => {
  it.each<[string, ToolPermission['allowedRoles'], ArgumentRule[], string, RegExp]>([
    [
      'a keyword that is none',
      ['viewer'],
      [schema({ properties: { limit: { type: 'integer', maximun: 1 } } })],
      '[0].schema',
      /unknown keyword: "maximun"/,
    ],
    [
      'a keyword that other types pass',
      ['viewer'],
      [schema({ properties: { limit: { maximum: 1 } } })],
      '[0].schema',
      /missing type "number"/,
    ],
    [
      'a value that is none of the keyword',
      ['viewer'],
      [schema({ properties: { limit: { type: 'integer', maximum: '1' } } })],
      '[0].schema.properties.limit.maximum',
      /must be number/,
    ],
    [
      'a schema that is none',
      ['viewer'],
      [schema({ properties: { limit: 5 } })],
      '[0].schema.properties.limit',
      /must be object,boolean/,
    ],
    [
      'a format, which would be a note',
      ['viewer'],
      [schema({ properties: { q: { type: 'string', format: 'email' } } })],
      '[0].schema',
      /unknown format "email"/,
    ],
    [
      'a schema of elsewhere',
      ['viewer'],
      [schema({ $ref: 'https://example.com/schema' })],
      '[0].schema',
      /can't resolve reference/,
    ],
    ['an answer that comes later', ['viewer'], [schema({ $async: true })], '[0].schema.$async', /remove it/],
    [
      'another dialect',
      ['viewer'],
      [schema({ $schema: 'http://json-schema.org/draft-07/schema#' })],
      '[0].schema.$schema',
      /2020-12/,
    ],
    [
      'a pattern that can take for ever',
      ['viewer'],
      [schema({ properties: { q: { type: 'string', pattern: '(?=a)' } } })],
      '[0].schema',
      /does not compile/,
    ],
    [
      'a keyword that can take for ever',
      ['viewer'],
      [schema({ properties: { l: { type: 'array', uniqueItems: true } } })],
      '[0].schema.properties.l.uniqueItems',
      /maxItems/,
    ],
    [
      'an expression that is none',
      ['viewer'],
      [expression('args.limit <')],
      '[0].expression',
      /no expression in CEL: Unexpected token/,
    ],
    [
      'a variable that is none',
      ['viewer'],
      [expression('request.limit == 1')],
      '[0].expression',
      /Unknown variable: request/,
    ],
    ['a function that is none', ['viewer'], [expression('fetch(args.url)')], '[0].expression', /'fetch\(dyn\)'/],
    [
      'an expression that is not true or false',
      ['viewer'],
      [expression('args.limit')],
      '[0].expression',
      /of type dyn; compare it with ==/,
    ],
    [
      'a pattern in an expression',
      ['viewer'],
      [expression("args.q.matches('^(a+)+$')")],
      '[0].expression',
      /use `pattern` in a schema/,
    ],
    [
      'a loop in a loop',
      ['viewer'],
      [expression('args.a.all(x, args.b.exists(y, x == y))')],
      '[0].expression',
      /must not use exists\(\)/,
    ],
    [
      'an expression that is too deep',
      ['viewer'],
      [expression(`${'('.repeat(60)}true${')'.repeat(60)}`)],
      '[0].expression',
      /maxDepth/,
    ],
    [
      'a role that may not call',
      ['viewer'],
      [{ role: 'admin', schema: { type: 'object' } }],
      '[0].role',
      /none of the roles that may call it: viewer/,
    ],
    ['two for one role', ['viewer'], [expression('true'), expression('false')], '[1].role', /has two rules/],
    ['none for all where all may call', '*', [expression('true')], '', /needs a rule for "\*"/],
  ])('is refused: %s', (_title, allowedRoles, argumentRules, place, message) => {
    const faults = argumentRuleFaults({ allowedRoles, argumentRules });
    expect(faults).toContainEqual({ path: `$.argumentRules${place}`, message: expect.stringMatching(message) });
    // It would let nobody through, should it ever get this far.
    if (place.includes('schema') || place.includes('expression')) {
      expect(ArgumentRules.of({ allowedRoles, argumentRules })?.unmetBy({}, subject('viewer'))).not.toEqual([]);
    }
  });

  it('is refused if it is about an argument that there is none of', () => {
    const argumentRules = [schema({ properties: { input: { type: 'string' }, limit: { type: 'integer' } } })];
    const faults = argumentRuleFaults({ allowedRoles: ['viewer'], argumentRules }, ['input', 'history']);
    const message = 'is none of the arguments that there are: input, history';
    expect(faults).toEqual([{ path: '$.argumentRules[0].schema.properties.limit', message }]);
    expect(argumentRuleFaults({ allowedRoles: ['viewer'], argumentRules })).toEqual([]);
  });

  it('is refused with its document, at its place', () => {
    const tool = {
      name: 'search',
      description: 'Searches',
      inputSchema: { type: 'object' },
      module: 'a.mjs',
      sha256: '0'.repeat(64),
    };
    const text = (argumentRules: unknown) =>
      JSON.stringify({ kind: 'Toolset', version: 1, tools: [{ ...tool, allowedRoles: ['viewer'], argumentRules }] });
    expect(() => parseDocument(toolsetDocument, text([{ role: 'viewer', expression: 'args.' }]))).toThrow(
      '$.tools[0].argumentRules[0].expression: is no expression in CEL',
    );
    expect(() => parseDocument(toolsetDocument, text([{ role: 'viewer' }]))).toThrow(
      '$.tools[0].argumentRules[0]: must have a schema, an expression, or both',
    );
  });
});
