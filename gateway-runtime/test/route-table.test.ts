import fc from 'fast-check';
import type { GatewayDocument } from 'agentyard/contract';
import type { RoutedRequest } from '../src/routing/route-conditions';
import { RouteTable } from '../src/routing/route-table';

type Route = GatewayDocument['routes'][number];

const AGENTS = ['a', 'b', 'c', 'd'];
/** Patterns that mean the same to RE2 and to JavaScript. */
const PATTERNS = ['log', 'err|warn', '^log', 'x$', '[0-9]+', '(?i)LOG', 'a.c'];

/** One of them is a member of every object. */
const HEADER_NAME = fc.constantFrom('x-tier', 'x-region', 'constructor');
const ROLE = fc.constantFrom('vip', 'beta');

const backends = fc.array(fc.record({ agent: fc.constantFrom(...AGENTS), weight: fc.nat(3) }), {
  minLength: 1,
  maxLength: 3,
});
/** Conditions of a match, of few names, so that they often hold. */
const conditions = fc.record(
  {
    headers: fc.uniqueArray(
      fc.oneof(
        fc.record({ by: fc.constant('value' as const), name: HEADER_NAME, value: fc.constantFrom('a', 'b') }),
        fc.record({ by: fc.constant('pattern' as const), name: HEADER_NAME, pattern: fc.constantFrom('^a', 'b') }),
      ),
      { minLength: 1, selector: ({ name }) => name },
    ),
    callerRoles: fc.uniqueArray(ROLE, { minLength: 1 }),
  },
  { requiredKeys: [] },
);
const match: fc.Arbitrary<Route['match']> = fc
  .tuple(
    fc.oneof(
      fc.record({ by: fc.constant('agent' as const), agent: fc.constantFrom(...AGENTS) }),
      fc.record({ by: fc.constant('intent' as const), pattern: fc.constantFrom(...PATTERNS) }),
    ),
    fc.oneof(fc.constant({}), conditions),
  )
  .map(([target, more]) => ({ ...target, ...more }));
const routes: fc.Arbitrary<Route[]> = fc
  .array(fc.record({ priority: fc.nat(3), match, backends }), { maxLength: 12 })
  .map((list) => list.map((route, i) => ({ ...route, name: `route-${i}` })));
const request: fc.Arbitrary<RoutedRequest> = fc.record({
  headers: fc.dictionary(HEADER_NAME, fc.constantFrom('a', 'b', 'ab', 'c')),
  roles: fc.uniqueArray(ROLE).map((roles) => new Set(roles)),
});
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

/** All conditions hold: each header, and one of the roles. */
function admits({ match: { headers, callerRoles } }: Route, { headers: sent, roles }: RoutedRequest): boolean {
  const hasHeaders = (headers ?? []).every((header) => {
    const value = new Map(Object.entries(sent)).get(header.name);
    if (typeof value !== 'string') return false;
    return header.by === 'value' ? value === header.value : new RegExp(header.pattern).test(value);
  });
  return hasHeaders && (callerRoles === undefined || callerRoles.some((role) => roles.has(role)));
}

const PLAIN: RoutedRequest = { headers: {}, roles: new Set() };

describe('RouteTable', () => {
  it('finds by intent what a search through all routes finds', () => {
    fc.assert(
      fc.property(routes, intent, request, (list, text, asked) => {
        const expected = best(
          list,
          (route) => route.match.by === 'intent' && jsPattern(route.match.pattern).test(text) && admits(route, asked),
        );
        const found = new RouteTable(list).byIntent(text, asked);
        expect(found?.route).toBe(expected?.name);
        expect(found?.backends).toEqual(expected?.backends);
      }),
      { numRuns: 500 },
    );
  });

  it('finds by agent the best route of that name, else the agent itself if a route that holds has it as a backend', () => {
    fc.assert(
      fc.property(routes, fc.constantFrom(...AGENTS, 'unknown'), request, (list, agent, asked) => {
        const expected = best(
          list,
          (route) => route.match.by === 'agent' && route.match.agent === agent && admits(route, asked),
        );
        const isBackend = list.some(
          (route) => admits(route, asked) && route.backends.some((backend) => backend.agent === agent),
        );
        const found = new RouteTable(list).byAgent(agent, asked);
        expect(found?.route).toBe(expected?.name);
        if (expected !== undefined) expect(found?.backends).toEqual(expected.backends);
        else if (isBackend) expect(found?.backends).toEqual([{ agent, weight: 1 }]);
        else expect(found).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it('knows which agents its routes name', () => {
    fc.assert(
      fc.property(routes, fc.constantFrom(...AGENTS), (list, agent) => {
        const isNamed = list.some(
          ({ match: m, backends: all }) =>
            (m.by === 'agent' && m.agent === agent) || all.some((b) => b.agent === agent),
        );
        expect(new RouteTable(list).names(agent)).toBe(isNamed);
      }),
    );
  });

  it('does not find members of Object.prototype', () => {
    const table = new RouteTable([]);
    expect(table.byAgent('constructor', PLAIN)).toBeUndefined();
    expect(table.names('__proto__')).toBe(false);
  });
});
