import { ContractError, invokeRequest, parseValue, timeFor } from 'agentyard/contract';
import fc from 'fast-check';
import { fuzz, oddHeader, oddText, parsedJson } from '../../../runtime-kit/test/fuzz/fuzz';
import { chooseByKey, hashOf } from '../../src/balance/consistent-hash';
import { fits } from '../../src/mcp/federation/resolve';
import { RouteTable } from '../../src/routing/route-table';

const rarely = <T>(usual: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: parsedJson });

const request = fc.record(
  {
    agent: rarely(fc.constantFrom('support', 'constructor', 'a')),
    intent: rarely(fc.string({ maxLength: 20 })),
    sessionId: rarely(fc.stringMatching(/^[!-~]{1,10}$/)),
    input: rarely(fc.string({ minLength: 1, maxLength: 20 })),
    history: rarely(
      fc.array(fc.record({ role: fc.constantFrom('user', 'assistant'), content: fc.string({ minLength: 1 }) })),
    ),
    stream: parsedJson,
  },
  { requiredKeys: ['input'] },
);

it('the body of /v1/invoke is what the contract says, or each fault is named by its place', () =>
  fuzz(
    fc.property(fc.oneof({ weight: 3, arbitrary: request }, { weight: 1, arbitrary: parsedJson }), (sent) => {
      try {
        const { agent, intent, input, history, ...more } = parseValue(invokeRequest, sent, 'request');
        expect(agent !== undefined || intent !== undefined).toBe(true);
        expect([typeof input, input === '', Array.isArray(history)]).toEqual(['string', false, true]);
        expect(Object.keys(more).filter((name) => name !== 'sessionId')).toEqual([]);
      } catch (error) {
        if (!(error instanceof ContractError)) throw error;
        expect(error.faults.length).toBeGreaterThan(0);
        for (const { path, message } of error.faults)
          expect([path.startsWith('$'), message.length > 0]).toEqual([true, true]);
      }
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
  ));

it('an agent or an intent of any name leads to a declared backend, or to none', () => {
  const backends = [{ agent: 'support', weight: 1 }];
  const match = { by: 'intent' as const, pattern: '(a|aa)+$' };
  const table = new RouteTable([
    { name: 'by-agent', priority: 2, match: { by: 'agent', agent: 'support' }, backends },
    { name: 'by-intent', priority: 1, match, backends },
  ] as ConstructorParameters<typeof RouteTable>[0]);
  return fuzz(
    fc.property(oddText('a'.repeat(30), 'support', '__proto__', 'constructor', '\n', '!'), (text) => {
      const asked = { headers: {}, roles: new Set<string>() };
      expect(table.byAgent(text, asked)?.route).toBe(text === 'support' ? 'by-agent' : undefined);
      expect(table.byIntent(text, asked)?.route).toBe(text.endsWith('a') ? 'by-intent' : undefined);
    }),
  );
});

it('a key of any text has one node of those that are there, whatever their order, and moves only with its own', () =>
  fuzz(
    fc.property(
      oddText('alice', '"', '\0', '😀'),
      fc.uniqueArray(fc.string({ maxLength: 6 }), { minLength: 1, maxLength: 6 }),
      fc.nat(),
      (text, names, at) => {
        const key = hashOf(text);
        const choose = (of: readonly string[]) =>
          chooseByKey(
            of.map((name) => ({ name, weight: 1 })),
            key,
            ({ name }) => name,
          )?.name;
        const chosen = choose(names);
        expect(names).toContain(chosen);
        expect(choose([...names].reverse())).toBe(chosen);
        const gone = names[at % names.length];
        if (gone !== chosen) expect(choose(names.filter((name) => name !== gone))).toBe(chosen);
      },
    ),
  ));

it('the time that is left is a number of milliseconds that is no more than the own, whatever a header says', () =>
  fuzz(
    fc.property(
      oddHeader('1', '0', '-', '9'.repeat(8), '.', 'e', 'Infinity', 'NaN', ' ', '0x'),
      fc.integer({ min: 1, max: 3_600_000 }),
      (header, own) => {
        const time = timeFor(header, own);
        expect(time >= 1 && time <= own && Number.isInteger(time)).toBe(true);
        if (/^\d{1,9}$/.test(header) && Number(header) > 0)
          expect(time).toBeLessThanOrEqual(Math.max(1, Number(header)));
      },
    ),
  ));

it('a URI fits the template that it was made from, and none that has other fixed parts', () =>
  fuzz(
    fc.property(
      fc.array(
        oddText('note', '/', ':', '.', '{', '}').map((part) => part.replaceAll(/[{}]/g, '')),
        { minLength: 1, maxLength: 4 },
      ),
      fc.array(fc.string({ maxLength: 5 }), { minLength: 4, maxLength: 4 }),
      (fixed, values) => {
        const template = fixed.join('{x}');
        const uri = fixed.map((part, i) => (i === 0 ? part : `${values[i] ?? ''}${part}`)).join('');
        expect(fits(template, uri)).toBe(true);
        if (fixed[0] !== '') expect(fits(template, `\0${uri}`)).toBe(false);
      },
    ),
  ));
