import fc from 'fast-check';
import type { GatewayDocument } from 'agentyard/contract';
import { RouteTable } from '../src/routing/route-table';

type Route = GatewayDocument['routes'][number];

const AGENTS = ['a', 'b', 'c', 'd'];
/** Patterns that mean the same to RE2 and to JavaScript. */
const PATTERNS = ['log', 'err|warn', '^log', 'x$', '[0-9]+', '(?i)LOG', 'a.c'];

const backends = fc.array(fc.record({ agent: fc.constantFrom(...AGENTS), weight: fc.nat(3) }), {
  minLength: 1,
  maxLength: 3,
});
const match: fc.Arbitrary<Route['match']> = fc.oneof(
  fc.record({ by: fc.constant('agent' as const), agent: fc.constantFrom(...AGENTS) }),
  fc.record({ by: fc.constant('intent' as const), pattern: fc.constantFrom(...PATTERNS) }),
);
const routes: fc.Arbitrary<Route[]> = fc
  .array(fc.record({ priority: fc.nat(3), match, backends }), { maxLength: 12 })
  .map((list) => list.map((route, i) => ({ ...route, name: `route-${i}` })));
const intent = fc.oneof(
  fc
    .array(fc.constantFrom('log', 'LOG', 'err', 'warn', 'x', '7', 'abc', ' ', '\n'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('')),
  fc.string({ minLength: 1 }),
);

/** The rule of TRAPS as a sentence: of the routes that apply, the highest priority, then the first. */
function best(list: readonly Route[], applies: (route: Route) => boolean): Route | undefined {
  let found: Route | undefined;
  for (const route of list) {
    if (applies(route) && (found === undefined || route.priority > found.priority)) found = route;
  }
  return found;
}

function jsPattern(pattern: string): RegExp {
  return pattern.startsWith('(?i)') ? new RegExp(pattern.slice(4), 'i') : new RegExp(pattern);
}

describe('RouteTable', () => {
  it('finds by intent what a search through all routes finds', () => {
    fc.assert(
      fc.property(routes, intent, (list, text) => {
        const expected = best(
          list,
          (route) => route.match.by === 'intent' && jsPattern(route.match.pattern).test(text),
        );
        const found = new RouteTable(list).byIntent(text);
        expect(found?.route).toBe(expected?.name);
        expect(found?.backends).toEqual(expected?.backends);
      }),
      { numRuns: 500 },
    );
  });

  it('finds by agent the best route of that name, else the agent itself if a route has it as a backend', () => {
    fc.assert(
      fc.property(routes, fc.constantFrom(...AGENTS, 'unknown'), (list, agent) => {
        const expected = best(list, (route) => route.match.by === 'agent' && route.match.agent === agent);
        const isBackend = list.some((route) => route.backends.some((backend) => backend.agent === agent));
        const found = new RouteTable(list).byAgent(agent);
        expect(found?.route).toBe(expected?.name);
        if (expected !== undefined) expect(found?.backends).toEqual(expected.backends);
        else if (isBackend) expect(found?.backends).toEqual([{ agent, weight: 1 }]);
        else expect(found).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('does not find members of Object.prototype', () => {
    const table = new RouteTable([]);
    expect(table.byAgent('constructor')).toBeUndefined();
    expect(table.byAgent('__proto__')).toBeUndefined();
  });
});
