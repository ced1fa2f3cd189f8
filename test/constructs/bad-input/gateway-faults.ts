import { Chart, Duration } from 'cdk8s';
import {
  ApiKeys,
  Auth,
  Entry,
  HeaderMatch,
  KeycloakRealm,
  Role,
  Route,
  RouteAffinity,
  RouteMatch,
  type McpGatewayProps,
  type OutlierDetectionOptions,
  type RouteMatchOptions,
} from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

const program = () => new Program();
const intentRoute = (pattern: string) => {
  const p = program();
  const backends = [{ agent: p.agent('support') }];
  return p.gateway('gateway').addRoute('r', { match: RouteMatch.intent(pattern), backends });
};

const conditionalRoute = (options: RouteMatchOptions, props: Partial<McpGatewayProps> = {}) => {
  const p = program();
  return p.gateway('gateway', props).addRoute('r', { match: RouteMatch.agent(p.agent('support'), options) });
};
const headerRoute = (...headers: HeaderMatch[]) => conditionalRoute({ headers });
const affineRoute = (affinity: RouteAffinity) => {
  const p = program();
  return p.gateway('gateway').addRoute('r', { match: RouteMatch.agent(p.agent('support')), affinity });
};
/** A gateway with a toolset `logs` that has the tool `greet`. @param id of an agent that it offers as a tool */
const offering = (id: string, times = 1) => {
  const p = program();
  const elsewhere = new Chart(p.app, 'elsewhere', { namespace: 'elsewhere' });
  const agent = p.agent(id, {}, elsewhere);
  const agentTools = Array.from({ length: times }, () => agent);
  const gateway = p.gateway('gateway', { tools: [p.toolset('logs')], agentTools });
  return gateway.addRoute('r', { match: RouteMatch.agent(agent) });
};
const keys = Auth.apiKeys(ApiKeys.fromSecretName('keys'));
const oidc = () =>
  Auth.oidc({ issuer: 'https://login.example.com', audience: 'mcp', roles: [Role.fromRoleName('analyst')] });
const outliers =
  (options: OutlierDetectionOptions): FaultCase[2] =>
  () =>
    program().gateway('gateway', { outlierDetection: options });

/** Faults of routes, entries and authentication. */
export const GATEWAY_FAULTS: FaultCase[] = [
  [
    'NOT_IN_PROGRAM',
    'chart/support: it refers to chart/logs, which belongs to another app',
    () => program().agent('support', { tools: [program().toolset('logs')] }),
  ],
  [
    'NOT_IN_PROGRAM',
    'chart/r: it refers to chart/gateway',
    () => {
      const p = program();
      return new Route(p.chart, 'r', { gateway: program().gateway('gateway'), match: RouteMatch.agent(p.agent('a')) });
    },
  ],
  [
    'AGENT_DUPLICATE',
    'one/support and two/support',
    () => {
      const p = program();
      const gateway = p.gateway('gateway');
      for (const id of ['one', 'two']) {
        const agent = p.agent('support', {}, new Chart(p.app, id, { namespace: id }));
        gateway.addRoute(id, { match: RouteMatch.agent(agent) });
      }
      return gateway;
    },
  ],
  [
    'AGENT_DUPLICATE',
    'chart/gateway/both: "support" is the name of both one/support and two/support',
    () => {
      const p = program();
      const backends = ['one', 'two'].map((id) => ({
        agent: p.agent('support', {}, new Chart(p.app, id, { namespace: id })),
      }));
      return p.gateway('gateway').addRoute('both', { match: RouteMatch.intent('x'), backends });
    },
  ],
  ...(['logs', 'greet'] as const).map((id): FaultCase => [
    'AGENT_TOOL_DUPLICATE',
    `chart/gateway: it offers elsewhere/${id} as the tool "${id}", which is the name of another`,
    () => offering(id),
  ]),
  ['AGENT_TOOL_DUPLICATE', 'it offers elsewhere/support as the tool "support"', () => offering('support', 2)],
  [
    'AGENT_TOOL_UNROUTED',
    'chart/gateway: it offers chart/support as a tool, and no route of it names this agent',
    () => {
      const p = program();
      const [support, other] = [p.agent('support'), p.agent('other')];
      return p.gateway('gateway', { agentTools: [support] }).addRoute('r', { match: RouteMatch.agent(other) });
    },
  ],
  [
    'NOT_IN_PROGRAM',
    'chart/gateway: it refers to chart/support, which belongs to another app',
    () => program().gateway('gateway', { agentTools: [program().agent('support')] }),
  ],
  [
    'TOOL_DUPLICATE',
    'chart/gateway: tool "greet" of toolset "greetings" is given twice',
    () => {
      const p = program();
      const greetings = p.toolset('greetings');
      return p.gateway('gateway', { tools: [greetings, greetings.tool('greet')] });
    },
  ],
  [
    'ROUTE_DUPLICATE',
    'route "by-name"',
    () => {
      const p = program();
      const [gateway, agent] = [p.gateway('gateway'), p.agent('support')];
      gateway.addRoute('by-name', { match: RouteMatch.agent(agent) });
      gateway.addRoute('by-name', { match: RouteMatch.agent(agent) });
    },
  ],
  [
    'ROUTE_DUPLICATE',
    'chart/gateway/by-name already',
    () => {
      const p = program();
      const [gateway, agent] = [p.gateway('gateway'), p.agent('support')];
      gateway.addRoute('by-name', { match: RouteMatch.agent(agent) });
      return new Route(p.chart, 'by-name', { gateway, match: RouteMatch.agent(agent) });
    },
  ],
  ['ROUTE_PATTERN_INVALID', 'chart/gateway/r: "(" is no regular expression', () => intentRoute('(')],
  ['ROUTE_PATTERN_INVALID', 'chart/gateway/r: "(a)\\1"', () => intentRoute('(a)\\1')],
  ['ROUTE_PATTERN_INVALID', 'it is empty', () => intentRoute('')],
  ...[
    ...['Authorization', 'cookie', 'X-API-Key', 'proxy-authorization', 'connection', 'te', 'transfer-encoding'],
    ...['', 'two words', 'x:y', 'ä'],
  ].map((name): FaultCase => [
    'ROUTE_HEADER_INVALID',
    `chart/gateway/r: "${name.toLowerCase()}" is no header that a route may go by`,
    () => headerRoute(HeaderMatch.exact(name, 'x')),
  ]),
  ...['', ' x', 'x ', 'a\nb', 'ä'].map((value): FaultCase => [
    'ROUTE_HEADER_INVALID',
    `chart/gateway/r: "${value}" is no value of the header x-tier`,
    () => headerRoute(HeaderMatch.exact('x-tier', value)),
  ]),
  [
    'ROUTE_HEADER_INVALID',
    'chart/gateway/r: the header x-tier is given twice',
    () => headerRoute(HeaderMatch.exact('x-tier', 'gold'), HeaderMatch.pattern('X-Tier', '^g')),
  ],
  [
    'ROUTE_HEADER_INVALID',
    'chart/gateway/r: it goes by 17 headers',
    () => headerRoute(...Array.from({ length: 17 }, (_, i) => HeaderMatch.exact(`x-${i}`, 'x'))),
  ],
  ['ROUTE_PATTERN_INVALID', 'chart/gateway/r: "(?=a)"', () => headerRoute(HeaderMatch.pattern('x-tier', '(?=a)'))],
  [
    'SECRET_IN_TEXT',
    'chart/gateway/r: the value of the header x-debug-token looks like a secret',
    () => headerRoute(HeaderMatch.exact('x-debug-token', 'Tr0ub4dor')),
  ],
  [
    'ROLE_INVALID',
    'chart/gateway/r: callerRoles is empty',
    () => conditionalRoute({ callerRoles: [] }, { auth: keys }),
  ],
  [
    'ROLE_INVALID',
    'chart/gateway/r: Role.anyCaller() is no role',
    () => conditionalRoute({ callerRoles: [Role.anyCaller()] }, { auth: keys }),
  ],
  [
    'ROLE_UNKNOWN',
    'the route chart/gateway/r asks for boss, and no caller of the gateway can have that',
    () => conditionalRoute({ callerRoles: [Role.fromRoleName('boss')] }, { auth: oidc() }),
  ],
  [
    'AUTH_NONE_ROLES',
    'what it serves asks for vip',
    () => conditionalRoute({ callerRoles: [Role.fromRoleName('vip')] }, { auth: Auth.none() }),
  ],
  [
    'ROLE_AMBIGUOUS',
    '"vip" is the name of roles of different origin',
    () => {
      const p = program();
      const vip = new KeycloakRealm(p.chart, 'realm', { hostname: 'sso.example.com' }).addRole('vip');
      const gateway = p.gateway('gateway', { auth: keys });
      const match = (role: Role) => RouteMatch.intent('x', { callerRoles: [role] });
      gateway.addRoute('one', { match: match(vip), backends: [{ agent: p.agent('support') }] });
      return gateway.addRoute('two', { match: match(Role.fromRoleName('vip')), backends: [{ agent: p.agent('b') }] });
    },
  ],
  ...[0.9, 101, Number.NaN].map((loadFactor): FaultCase => [
    'ROUTE_AFFINITY_INVALID',
    `chart/gateway/r: loadFactor is ${loadFactor}`,
    () => affineRoute(RouteAffinity.bySession({ loadFactor })),
  ]),
  [
    'ROUTE_AFFINITY_INVALID',
    'chart/gateway/r: it goes by user, and the auth of its gateway is Auth.none()',
    () => affineRoute(RouteAffinity.byUser()),
  ],
  ['LIMIT_INVALID', 'chart/gateway: outlierDetection.consecutiveFailures is 0', outliers({ consecutiveFailures: 0 })],
  [
    'LIMIT_INVALID',
    'chart/gateway: outlierDetection.baseEjectionTime is 960000 ms',
    outliers({ baseEjectionTime: Duration.minutes(16) }),
  ],
  [
    'LIMIT_INVALID',
    'chart/gateway: outlierDetection.maxEjectionTime is 29000 ms',
    outliers({ maxEjectionTime: Duration.seconds(29) }),
  ],
  ['LIMIT_INVALID', 'chart/gateway: outlierDetection.maxEjectedPercent is 91', outliers({ maxEjectedPercent: 91 })],
  ['LIMIT_INVALID', 'chart/gateway: outlierDetection.probePath is readyz', outliers({ probePath: 'readyz' })],
  [
    'LIMIT_INVALID',
    'chart/gateway: outlierDetection.probeInterval is 1 ms',
    outliers({ probeInterval: Duration.millis(1) }),
  ],
  [
    'LIMIT_INVALID',
    'chart/gateway: outlierDetection.probeTimeout is 0 ms',
    outliers({ probeTimeout: Duration.millis(0) }),
  ],
  [
    'ROUTE_WEIGHT_INVALID',
    'chart/gateway/r: weight is -1',
    () => {
      const p = program();
      const backends = [{ agent: p.agent('support'), weight: -1 }];
      return p.gateway('gateway').addRoute('r', { match: RouteMatch.intent('x'), backends });
    },
  ],
  [
    'NAME_TAKEN',
    'chart/gateway: "service" is the id of an object of the gateway',
    () => {
      const p = program();
      return p.gateway('gateway').addRoute('service', { match: RouteMatch.agent(p.agent('a')) });
    },
  ],
  [
    'ROUTE_PRIORITY_INVALID',
    'priority is 1.5',
    () => {
      const p = program();
      return p.gateway('gateway').addRoute('r', { match: RouteMatch.agent(p.agent('support')), priority: 1.5 });
    },
  ],
  [
    'ROUTE_BACKEND_MISSING',
    'chart/gateway/r',
    () =>
      program()
        .gateway('gateway')
        .addRoute('r', { match: RouteMatch.intent('x') }),
  ],
  ['ENTRY_INVALID', '"10.0.0.0" is no CIDR', () => Entry.fromCidr('10.0.0.0')],
  ['ENTRY_INVALID', '"10.0.0.0/33" is no CIDR', () => Entry.fromCidr('10.0.0.0/33')],
  ...['10.0.0.0/8/9', '10.0.0.0/08', 'fe80::1%eth0/64', '::1/129'].map((cidr): FaultCase => [
    'ENTRY_INVALID',
    `"${cidr}" is no CIDR`,
    () => Entry.fromCidr(cidr),
  ]),
  [
    'ENTRY_INVALID',
    'an empty selector would mean all pods',
    () => Entry.fromPods({ namespace: 'clients', podLabels: {} }),
  ],
  [
    'AUTH_NONE_EXPOSED',
    'chart/gateway: auth is Auth.none()',
    () => program().gateway('gateway', { auth: Auth.none(), entries: [Entry.fromCidr('203.0.113.0/24')] }),
  ],
];
