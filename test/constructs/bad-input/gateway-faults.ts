import { Chart } from 'cdk8s';
import { Auth, Entry, Route, RouteMatch } from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

const program = () => new Program();
const intentRoute = (pattern: string) => {
  const p = program();
  const backends = [{ agent: p.agent('support') }];
  return p.gateway('gateway').addRoute('r', { match: RouteMatch.intent(pattern), backends });
};

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
