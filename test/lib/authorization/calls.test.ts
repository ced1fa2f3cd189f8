import { Calls, hopsText, type Principal } from 'agentyard/authorization';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { audienceOf, deploymentOf, hostOf, subjectOf, tokenFor, type Place } from './small-program';
import {
  caller,
  CONNECTIONS,
  cron,
  documents,
  front,
  logs,
  objectsOf,
  PURGE,
  READ,
  support,
  type Documents,
} from './support-program';

/** The answers after an edit of the documents. */
function calls(edit: (documents: Documents) => void = () => undefined, connections = CONNECTIONS): Calls {
  const edited = documents();
  edit(edited);
  return Calls.fromObjects(objectsOf(edited, connections));
}

const role = (...roles: string[]): Principal => ({ roles });
const ways = (all: Calls, who: Principal, tool = READ) =>
  all.canCall(who, tool).paths.map(({ hops }) => hopsText(hops));

const DIRECT = 'gateway edge/front -> toolset tools/logs';
const THROUGH_AGENT = 'gateway edge/front -> agent agents/support -> toolset tools/logs';

describe('users', () => {
  it('call tools that their gateway serves, and those of agents that they may invoke', () => {
    expect(ways(calls(), role())).toEqual([DIRECT]);
    expect(ways(calls(), role('operator'))).toEqual([DIRECT, THROUGH_AGENT]);
    expect(ways(calls(), role('admin'), PURGE)).toEqual([THROUGH_AGENT]);
  });

  it('do not get a role from the agent: one who may invoke it, and not call the tool, may not', () => {
    expect(calls().canCall(role('operator'), PURGE)).toEqual({
      allowed: false,
      paths: [],
      whyNot: 'agent agents/support may call purge for users, but the tool asks for admin',
    });
  });

  it('may need two roles, one for the agent and one for the tool', () => {
    const apart = calls(({ gateway }) => (gateway.agents[0]!.allowedRoles = ['operator']));
    expect(apart.canCall(role('admin'), PURGE).whyNot).toBe(
      'gateway edge/front has a route to agent agents/support, but there the agent asks for operator',
    );
    expect(apart.canCall(role('admin', 'operator'), PURGE).allowed).toBe(true);
    expect(apart.rolesFor(PURGE)).toEqual([]);
    expect(apart.fewestRolesFor(PURGE)).toEqual([['admin', 'operator']]);
  });

  it('are told why they may', () => {
    expect(calls().canCall(role('admin'), PURGE).paths[0]?.because).toEqual([
      'gateway edge/front takes API keys, which may have any roles',
      'gateway edge/front sends requests to agent agents/support by route by-name',
      'gateway edge/front lets role admin invoke agent agents/support',
      'agent agents/support may be invoked by gateway edge/front for every caller',
      'NetworkPolicy edge/front allows it: egress rule 1, to pods app=support in namespace agents',
      'NetworkPolicy agents/support allows it: ingress rule 1, from pods app=front in namespace edge',
      'toolset tools/logs lets agent agents/support call purge for users',
      'toolset tools/logs runs purge for role admin',
      'NetworkPolicy agents/support allows it: egress rule 1, to pods app=logs in namespace tools',
      'NetworkPolicy tools/logs allows it: ingress rule 2, from pods app=support in namespace agents',
    ]);
  });

  it.each<[what: string, edit: (documents: Documents) => void, whyNot: string]>([
    [
      'a credential that brings the role',
      ({ gateway }) => (gateway.auth = { mode: 'credentials', demoToken: { roles: ['operator'] } }),
      'gateway edge/front takes no credential that brings exactly role admin',
    ],
    [
      'authentication',
      ({ gateway }) => (gateway.auth = { mode: 'none' }),
      'gateway edge/front takes no credential that brings exactly role admin',
    ],
    ['a route', ({ gateway }) => (gateway.routes = []), 'gateway edge/front has no route to agent agents/support'],
    [
      'a host that leads to the agent',
      ({ gateway }) => (gateway.agents[0]!.host = hostOf(logs)),
      'gateway edge/front calls agent agents/support at logs.tools.svc:8080, where it does not serve',
    ],
    [
      'a host that leads to the toolset',
      ({ agent }) => (agent.toolsets[0]!.host = hostOf(support)),
      'agent agents/support calls toolset tools/logs at support.agents.svc:8080, where it does not serve',
    ],
    [
      'the port of the toolset',
      ({ agent }) => (agent.toolsets[0]!.port = 9090),
      'agent agents/support calls toolset tools/logs at logs.tools.svc:9090, where it does not serve',
    ],
    [
      'roles in the gateway',
      ({ gateway }) => (gateway.agents[0]!.allowedRoles = []),
      'gateway edge/front has a route to agent agents/support, but there the agent is for nobody',
    ],
    [
      'a token for the agent',
      ({ gateway }) => (gateway.agents[0]!.serviceToken = tokenFor(logs)),
      'gateway edge/front shows agent agents/support a token for agentyard:tools/logs, which takes those for agentyard:agents/support',
    ],
    [
      'an entry in the agent',
      ({ agent }) => agent.identity.callers.shift(),
      'agent agents/support does not name gateway edge/front (system:serviceaccount:edge:front) among its callers',
    ],
    [
      'users from the gateway, for the agent',
      ({ agent }) => (agent.identity.callers[0]!.claimIssuers = [audienceOf(logs)]),
      'agent agents/support takes no users of gateway edge/front (agentyard:edge/front) from who calls it',
    ],
    [
      'a presenter that the agent takes',
      ({ agent }) => (agent.identity.subject = subjectOf(cron)),
      'users of gateway edge/front come to agent agents/support from system:serviceaccount:agents:support, which takes them from system:serviceaccount:ops:cron',
    ],
    [
      'the audience of the agent',
      ({ gateway }) => gateway.agents[0]!.claimAudiences.shift(),
      'users of gateway edge/front are not meant for agent agents/support, agentyard:agents/support',
    ],
    [
      'roles in the agent',
      ({ agent }) => (agent.allowedRoles = ['operator']),
      'gateway edge/front may invoke agent agents/support, but the agent asks for operator',
    ],
    [
      'a token for the toolset',
      ({ agent }) => (agent.toolsets[0]!.serviceToken = tokenFor(cron)),
      'agent agents/support shows toolset tools/logs a token for agentyard:ops/cron, which takes those for agentyard:tools/logs',
    ],
    [
      'an entry in the toolset',
      ({ toolset }) => toolset.identity.callers.splice(1, 1),
      'toolset tools/logs does not name agent agents/support (system:serviceaccount:agents:support) among its callers',
    ],
    [
      'users from the agent, for the toolset',
      ({ toolset }) => (toolset.identity.callers[1]!.claimIssuers = []),
      'toolset tools/logs takes no users of gateway edge/front (agentyard:edge/front) from who calls it',
    ],
    [
      'the audience of the toolset',
      ({ gateway }) => gateway.agents[0]!.claimAudiences.pop(),
      'users of gateway edge/front are not meant for toolset tools/logs, agentyard:tools/logs',
    ],
    [
      'the tool in the entry',
      ({ toolset }) => (toolset.identity.callers[1]!.tools = ['read']),
      'toolset tools/logs does not let agent agents/support call purge for users',
    ],
    [
      'the tool in the agent',
      ({ agent }) => agent.toolsets[0]!.tools.pop(),
      'gateway edge/front does not serve purge of toolset tools/logs',
    ],
    [
      'a role for the tool',
      ({ toolset }) => (toolset.tools[1]!.allowedRoles = ['root', 'boss', 'owner']),
      'agent agents/support may call purge for users, but the tool asks for root, boss or owner',
    ],
  ])('may not without %s', (_, edit, whyNot) => {
    expect(calls().canCall(role('admin'), PURGE).allowed).toBe(true);
    expect(calls(edit).canCall(role('admin'), PURGE)).toEqual({ allowed: false, paths: [], whyNot });
  });

  it.each([
    [[front, support], 'gateway edge/front may not connect to agent agents/support at TCP 8080: Deployment edge/front'],
    [
      [support, logs],
      'agent agents/support may not connect to toolset tools/logs at TCP 8080: Deployment agents/support',
    ],
  ])('may not where no policy lets %j through', ([from, to], whyNot) => {
    const others = CONNECTIONS.filter(([one, other]) => one !== from || other !== to);
    expect(calls(undefined, others).canCall(role('admin'), PURGE).whyNot).toContain(whyNot);
  });

  it('who have a pod call with another ServiceAccount than documents say are refused', () => {
    const objects = objectsOf(documents()).filter(
      ({ kind, metadata }) => kind !== 'Deployment' || metadata?.name !== 'support',
    );
    const labels = { 'agentyard.dev/runtime': 'agent' };
    const other = deploymentOf(support, { labels, serviceAccount: 'other', config: true });
    expect(Calls.fromObjects([...objects, other]).canCall(role('admin'), PURGE).whyNot).toBe(
      'toolset tools/logs does not name agent agents/support (system:serviceaccount:agents:other) among its callers',
    );
  });
});

describe('credentials of a gateway', () => {
  const brought = (auth: GatewayDocumentInput['auth']) => {
    const all = calls(({ gateway, toolset }) => {
      gateway.auth = auth;
      gateway.toolsets[0]!.tools[0]!.allowedRoles = ['a', 'b'];
      toolset.tools[0]!.allowedRoles = ['a', 'b'];
    });
    return [[], ['a'], ['b'], ['a', 'b'], ['a', 'c']].filter((roles) => all.canCall(role(...roles), READ).allowed);
  };
  const issuer = (roles: string[], roleClaims = [['roles']]) => ({
    issuer: `https://sso.example.com/${roles.join('')}`,
    audiences: ['x'],
    roleClaims,
    roles,
  });

  it('bring the roles of one credential', () => {
    expect(brought({ mode: 'credentials', apiKeys: { directory: '/keys' } })).toEqual([
      ['a'],
      ['b'],
      ['a', 'b'],
      ['a', 'c'],
    ]);
    expect(brought({ mode: 'credentials', issuers: [issuer(['a']), issuer(['b'])] })).toEqual([['a'], ['b']]);
    expect(brought({ mode: 'credentials', issuers: [issuer(['a', 'b'])] })).toEqual([['a'], ['b'], ['a', 'b']]);
    expect(brought({ mode: 'credentials', demoToken: { roles: ['b', 'a'] } })).toEqual([['a', 'b']]);
    expect(brought({ mode: 'none' })).toEqual([]);
  });

  it('bring none from tokens of which it is not told where roles stand', () => {
    expect(brought({ mode: 'credentials', issuers: [issuer(['a', 'b'], [])] })).toEqual([]);
  });

  it('are named', () => {
    const because = (auth: GatewayDocumentInput['auth'], ...roles: string[]) =>
      calls(({ gateway }) => (gateway.auth = auth)).canCall(role(...roles), READ).paths[0]?.because[0];
    expect(because({ mode: 'none' })).toBe('gateway edge/front lets anybody in, without roles');
    expect(because({ mode: 'credentials', issuers: [issuer(['a'])] }, 'a')).toBe(
      'gateway edge/front takes tokens of https://sso.example.com/a with role a',
    );
    expect(because({ mode: 'credentials', demoToken: { roles: [] } })).toBe(
      'gateway edge/front takes the public demo token, which has no roles',
    );
  });
});

describe('services that call for themselves', () => {
  const of = (place: Place): Principal => ({ subject: subjectOf(place) });

  it('call what is granted to them, directly and through agents that may act for themselves', () => {
    expect(ways(calls(), of(cron), PURGE)).toEqual(['service ops/cron -> toolset tools/logs']);
    expect(ways(calls(), of(cron), READ)).toEqual(['service ops/cron -> agent agents/support -> toolset tools/logs']);
  });

  it('are agents, too', () => {
    expect(ways(calls(), of(support), READ)).toEqual(['agent agents/support -> toolset tools/logs']);
    expect(calls().canCall(of(support), PURGE).whyNot).toBe(
      'toolset tools/logs lets agent agents/support call purge for users, not for itself',
    );
    const without = calls(({ agent }) => agent.toolsets[0]!.tools.shift());
    expect(without.canCall(of(support), READ).whyNot).toBe(
      'agent agents/support has no tool read of toolset tools/logs',
    );
  });

  it('are no gateways', () => {
    const granted = calls(({ toolset }) => (toolset.identity.callers[0]!.ownTools = ['read']));
    expect(granted.canCall(of(front), READ).whyNot).toBe(
      'service edge/front is a gateway, which calls for users alone',
    );
  });

  it.each<[what: string, edit: (documents: Documents) => void, whyNot: string]>([
    [
      'the grant of the tool',
      ({ toolset }) => (toolset.identity.callers[2]!.ownTools = []),
      'toolset tools/logs does not let service ops/cron call purge for itself',
    ],
    [
      'an entry in the toolset',
      ({ toolset }) => toolset.identity.callers.splice(1, 2),
      'toolset tools/logs does not name service ops/cron (system:serviceaccount:ops:cron) among its callers',
    ],
    [
      'an agent that may be invoked for no user',
      ({ toolset, agent }) => {
        toolset.identity.callers[1]!.ownTools = ['purge'];
        toolset.identity.callers.pop();
        agent.identity.callers[1]!.withoutUser = false;
      },
      'agent agents/support may be invoked by service ops/cron for users, not for none',
    ],
  ])('may not without %s', (_, edit, whyNot) => {
    expect(calls(edit).canCall(of(cron), PURGE)).toEqual({ allowed: false, paths: [], whyNot });
  });

  it('may be outside of the program: where no label of theirs is known, a policy may let them in', () => {
    const edit = ({ toolset }: Documents) => {
      toolset.identity.callers.push({ ...caller({ name: 'etl', namespace: 'ops' }), tools: [], ownTools: ['read'] });
    };
    const etl = { subject: 'system:serviceaccount:ops:etl' };
    expect(calls(edit).canCall(etl, READ).paths[0]?.because).toEqual([
      'toolset tools/logs lets service ops/etl call read for itself',
      'NetworkPolicy ops/cron may allow it: egress rule 2, to pods app=logs in namespace tools',
      'NetworkPolicy tools/logs may allow it: ingress rule 3, from pods app=cron in namespace ops',
    ]);
    const closed = calls(
      edit,
      CONNECTIONS.filter(([from]) => from !== cron),
    );
    expect(closed.canCall(etl, READ).whyNot).toContain(
      'service ops/etl may not connect to toolset tools/logs at TCP 8080',
    );
  });
});

describe('what is not among the manifests', () => {
  const without = (...places: Place[]) =>
    Calls.fromObjects(
      objectsOf(documents()).filter(
        ({ kind, metadata }) => kind === 'NetworkPolicy' || !places.some(({ name }) => metadata?.name === name),
      ),
    );

  it('may be what documents say of it: an agent', () => {
    const { paths } = without(support).canCall(role('admin'), PURGE);
    expect(paths.map(({ hops }) => hopsText(hops))).toEqual([THROUGH_AGENT]);
    expect(paths[0]?.because).toContain('agent agents/support is not among the manifests, and may have any tool');
  });

  it('may be what documents say of it: a gateway, which may give any role', () => {
    const all = without(front);
    expect(all.gateways).toEqual(['edge/front']);
    expect(ways(all, role('admin'), PURGE)).toEqual([THROUGH_AGENT]);
    expect(ways(all, role(), READ)).toEqual([THROUGH_AGENT, DIRECT]);
    expect(all.canCall(role('operator'), PURGE).whyNot).toBe(
      'agent agents/support may call purge for users, but the tool asks for admin',
    );
  });

  it('may be what documents say of it: both', () => {
    expect(ways(without(front, support), role('admin'), PURGE)).toEqual([
      'gateway edge/front -> service agents/support -> toolset tools/logs',
    ]);
  });

  it('may be a Service, by whose audience it is known what it leads to', () => {
    const objects = objectsOf(documents()).filter(({ kind }) => kind !== 'Service');
    expect(ways(Calls.fromObjects(objects), role('operator'))).toEqual([DIRECT, THROUGH_AGENT]);
  });

  it('is a toolset of which nothing is known', () => {
    expect(() => without(logs).canCall(role(), READ)).toThrow('there is no toolset tools/logs; there are none');
  });
});

describe('questions about all', () => {
  it('know the tools, roles, gateways and services', () => {
    expect(calls()).toMatchObject({
      tools: [READ, PURGE],
      roles: ['admin', 'operator'],
      gateways: ['edge/front'],
      services: [subjectOf(support), subjectOf(cron)],
    });
  });

  it('say which roles a tool is for, and which tools a role has', () => {
    expect(calls().rolesFor(READ)).toBe('*');
    expect(calls().rolesFor(PURGE)).toEqual(['admin']);
    expect(calls().fewestRolesFor(READ)).toEqual([[]]);
    expect(calls().fewestRolesFor(PURGE, 'edge/front')).toEqual([['admin']]);
    expect(calls().toolsFor(role('operator'))).toEqual([READ]);
    expect(calls().toolsFor(role('admin'))).toEqual([READ, PURGE]);
    expect(calls().toolsFor({ subject: subjectOf(cron) })).toEqual([READ, PURGE]);
  });

  it('take `*` for no role', () => {
    expect(calls().toolsFor(role('*'))).toEqual([READ]);
  });

  it('refuse what is not there', () => {
    const all = calls();
    expect(() => all.canCall(role(), { toolset: 'tools/logs', tool: 'gone' })).toThrow(
      'toolset tools/logs has no tool gone; it has read, purge',
    );
    expect(() => all.canCall(role(), { toolset: 'a/b', tool: 'c' })).toThrow(
      'there is no toolset a/b; there are tools/logs',
    );
    expect(() => all.canCall({ roles: [], gateway: 'a/b' }, READ)).toThrow(
      'there is no gateway a/b; there are edge/front',
    );
  });
});
