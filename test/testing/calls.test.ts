import 'agentyard/testing/jest';
import { ApiKeys, Auth, ClusterProfile, Egress, McpServer, Peer, Role, RouteMatch, ServiceIdentity } from 'agentyard';
import { canCall, evaluate, hopsText, matchers } from 'agentyard/testing';
import { Program } from '../constructs/program';
import { silenceWarnings } from '../constructs/silence-warnings';

silenceWarnings();

const viewer = Role.fromRoleName('viewer');
const admin = Role.fromRoleName('admin');
const cron = ServiceIdentity.fromServiceAccountName('ops', 'cron');

/** A gateway that serves `greet`, and an agent with both tools, for admins and viewers; `part` is for admins. */
function platform() {
  const program = new Program();
  const greetings = program.toolset('greetings', { allowedRoles: [viewer, admin], toolRoles: { part: [admin] } });
  const support = program.agent('support', { tools: [greetings], allowedRoles: [viewer, admin] });
  const gateway = program.gateway('gateway', {
    auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')),
    tools: [greetings.tool('greet')],
  });
  gateway.addRoute('r', { match: RouteMatch.agent(support) });
  greetings.grantUse(support, ['greet']);
  return { program, greetings, support, gateway };
}

/** What a user reads when an expectation fails. */
function failure(expectation: () => void): string {
  try {
    expectation();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the expectation did not fail');
}

const GREET = { toolset: 'agents/greetings', tool: 'greet' };
const PART = { toolset: 'agents/greetings', tool: 'part' };

describe('questions about tools', () => {
  const { program, greetings, support, gateway } = platform();
  const evaluated = evaluate(program.app);

  it('take roles and tools of the program, or their names', () => {
    const [greet, part] = ['greet', 'part'].map((name) => greetings.tool(name)) as [never, never];
    expect(canCall(viewer, greet).allowed).toBe(true);
    expect(canCall(viewer, part).whyNot).toBe(
      'agent agents/support may call part for users, but the tool asks for admin',
    );
    expect(canCall('admin', greetings).paths.length).toBe(3);
    for (const roles of ['admin', ['viewer', admin], [admin]]) {
      expect(evaluated.canCall(roles, 'agents/greetings/part').allowed).toBe(true);
    }
    expect(evaluated.canCall('viewer', 'agents/greetings').allowed).toBe(false);
  });

  it('take any caller for a caller without roles', () => {
    expect(evaluated.toolsFor(Role.anyCaller())).toEqual([]);
    expect(evaluated.toolsFor([])).toEqual([]);
    expect(evaluated.toolsFor(viewer)).toEqual([GREET]);
    expect(evaluated.toolsFor('admin')).toEqual([GREET, PART]);
  });

  it('say which roles a tool is for', () => {
    expect(evaluated.rolesFor(greetings.tool('greet'))).toEqual(['admin', 'viewer']);
    expect(evaluated.rolesFor('agents/greetings/part', { gateway })).toEqual(['admin']);
    expect(() => evaluated.rolesFor(greetings)).toThrow('more than one tool is asked for; ask for each');
  });

  it('take services that call for themselves', () => {
    expect(evaluated.toolsFor(support)).toEqual([GREET]);
    expect(evaluated.toolsFor({ subject: 'system:serviceaccount:agents:support' })).toEqual([GREET]);
    expect(canCall(cron, greetings.tool('greet')).whyNot).toBe(
      'toolset agents/greetings does not name service ops/cron (system:serviceaccount:ops:cron) among its callers',
    );
  });

  it('may be about one gateway', () => {
    const { program: two, greetings: tools, gateway: first } = platform();
    const second = two.gateway('second', { auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')) });
    const all = evaluate(two.app);
    expect(all.toolsFor(admin, { gateway: first })).toEqual([GREET, PART]);
    expect(all.toolsFor(admin, { gateway: 'agents/second' })).toEqual([]);
    expect(all.canCall(admin, tools, { gateway: second }).whyNot).toContain('gateway agents/second');
    expect(canCall(admin, 'agents/greetings/greet', { gateway: second }).allowed).toBe(false);
  });

  it('refuse what is not there', () => {
    expect(() => evaluated.canCall(viewer, 'agents/greetings/sing')).toThrow(
      'toolset agents/greetings has no tool sing; it has greet, part',
    );
    expect(() => evaluated.canCall(viewer, 'agents/songs')).toThrow(
      'there is no toolset agents/songs; there are agents/greetings',
    );
    expect(() => evaluated.canCall(viewer, 'greet')).toThrow(
      '"greet" is neither namespace/toolset/tool, namespace/toolset nor server/tool',
    );
    expect(() => evaluated.canCall(viewer, greetings, { gateway: 'agents/none' })).toThrow(
      'there is no gateway agents/none; there are agents/gateway',
    );
    expect(() => canCall(viewer, 'agents/greetings')).toThrow('so it is not told of which program; use evaluate');
    const other = platform();
    expect(() => evaluated.canCall(viewer, other.greetings)).toThrow('is of another program than what was evaluated');
    expect(() => evaluated.canCall(viewer, greetings, { gateway: other.gateway })).toThrow('is of another program');
  });

  it('stand for the program as it was; without evaluate, for the program as it is', () => {
    const { program: own, greetings: tools, support: agent } = platform();
    const before = evaluate(own.app);
    tools.grantUse(cron, ['part']);
    tools.grantUse(agent);
    expect(before.toolsFor(agent)).toEqual([GREET]);
    expect(agent).toCallOnly([tools]);
  });
});

describe('matchers', () => {
  const { program, greetings, support } = platform();
  const calls = evaluate(program.app);

  it('toBeAbleToCall: a tool', () => {
    expect(viewer).toBeAbleToCall(greetings.tool('greet'));
    expect(viewer).not.toBeAbleToCall(greetings.tool('part'));
    expect(support).toBeAbleToCall(greetings.tool('greet'));
    expect(calls.as('admin')).toBeAbleToCall('agents/greetings/part');
  });

  it('toBeAbleToCall: all tools of a toolset, and with not, none of them', () => {
    expect(admin).toBeAbleToCall(greetings);
    expect(calls.as([])).not.toBeAbleToCall(greetings);
    expect(failure(() => expect(viewer).toBeAbleToCall(greetings))).toContain('role viewer may not call');
    expect(failure(() => expect(viewer).not.toBeAbleToCall(greetings))).toContain('role viewer may call');
  });

  it('toCallOnly: exactly these, no more and no less', () => {
    expect(viewer).toCallOnly([greetings.tool('greet')]);
    expect(admin).toCallOnly([greetings]);
    expect(calls.as(Role.anyCaller())).toCallOnly([]);
    expect(viewer).not.toCallOnly([greetings]);
    expect(admin).not.toCallOnly([greetings.tool('greet')]);
    expect(calls.as(viewer)).not.toCallOnly([]);
    expect(matchers.toCallOnly(calls.as(['viewer', 'admin']), ['agents/greetings']).pass).toBe(true);
  });
});

describe('failures say why, and what may be called instead', () => {
  const { greetings } = platform();

  it('toBeAbleToCall', () => {
    expect(failure(() => expect(viewer).toBeAbleToCall(greetings.tool('part')))).toBe(
      `role viewer may not call agents/greetings/part, because:
  - agent agents/support may call part for users, but the tool asks for admin

What it may call:
  - agents/greetings/greet`,
    );
    expect(failure(() => expect([viewer, 'x']).toBeAbleToCall(greetings.tool('part')))).toContain(
      'roles viewer and x may not call',
    );
    expect(failure(() => expect(Role.anyCaller()).toBeAbleToCall(greetings.tool('part')))).toContain(
      'a caller without roles may not call agents/greetings/part',
    );
  });

  it('not.toBeAbleToCall', () => {
    const lines = failure(() => expect(admin).not.toBeAbleToCall(greetings.tool('part'))).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'role admin may call agents/greetings/part:',
      '  - gateway agents/gateway -> agent agents/support -> toolset agents/greetings',
      '      gateway agents/gateway takes API keys, which may have any roles',
    ]);
  });

  it('toCallOnly', () => {
    expect(failure(() => expect(viewer).toCallOnly([greetings.tool('part')]))).toBe(
      `role viewer may not call exactly what was expected.

It may call more:
  - agents/greetings/greet
      gateway agents/gateway -> toolset agents/greetings
      gateway agents/gateway -> agent agents/support -> toolset agents/greetings

It may not call:
  - agents/greetings/part
      agent agents/support may call part for users, but the tool asks for admin`,
    );
    expect(failure(() => expect(admin).not.toCallOnly([greetings]))).toBe(
      `role admin may call exactly what was expected:
  - agents/greetings/greet
  - agents/greetings/part`,
    );
  });
});

describe('questions about MCP servers of others', () => {
  const program = new Program('agents', ClusterProfile.generic({ egress: Egress.cilium() }));
  const github = McpServer.fromUrl(program.chart, 'github', {
    url: 'https://api.githubcopilot.com/mcp/',
    toolRoles: { search: [viewer, admin], 'repo/delete': [] },
    otherToolRoles: [admin],
  });
  const closed = McpServer.fromService(program.chart, 'closed', {
    host: 'closed.mcp.svc',
    servedBy: Peer.pods({ namespace: 'mcp', podLabels: { app: 'closed' } }),
    port: 8000,
  });
  const auth = Auth.apiKeys(ApiKeys.fromSecretName('keys'));
  const gateway = program.gateway('gateway', { auth, mcpServers: [github, closed] });
  const other = program.gateway('other', { auth });
  const evaluated = evaluate(program.app);

  it('take them for what the program says of them', () => {
    expect(evaluated.canCall(viewer, 'github/search').allowed).toBe(true);
    expect(evaluated.as(viewer)).toBeAbleToCall('github/search');
    expect(evaluated.as(viewer)).not.toBeAbleToCall('github/repo/delete');
    expect(evaluated.as(viewer)).toCallOnly(['github/search']);
    expect(evaluated.canCall(admin, github).whyNot).toBe(
      'gateway agents/gateway serves MCP server github, but there tool repo/delete is for nobody',
    );
    expect(evaluated.rolesFor('github/search')).toEqual(['admin', 'viewer']);
    expect(evaluated.as(admin)).not.toBeAbleToCall(closed);
  });

  it('know of tools that the program does not name', () => {
    expect(evaluated.as(admin)).toBeAbleToCall('github/anything');
    expect(evaluated.as(viewer)).not.toBeAbleToCall('github/anything');
    expect(evaluated.toolsFor(admin)).toEqual([
      { toolset: 'github', tool: 'search' },
      { toolset: 'github', tool: '*' },
    ]);
  });

  it('say on which way, and ask whether the network lets it', () => {
    const { paths } = evaluated.canCall(viewer, 'github/search');
    expect(paths.map(({ hops }) => hopsText(hops))).toEqual(['gateway agents/gateway -> MCP server github']);
    expect(paths[0]?.because).toContain('gateway agents/gateway shows tool search of MCP server github to role viewer');
    const withoutWay = evaluate(program.app, { leaveOut: ({ kind }) => kind === 'CiliumNetworkPolicy' });
    expect(withoutWay.canCall(viewer, 'github/search').whyNot).toContain(
      'gateway agents/gateway may not connect to MCP server github at api.githubcopilot.com, TCP 443',
    );
  });

  it('are about the gateways that serve them, and about users', () => {
    expect(canCall(admin, 'github/search', { gateway }).allowed).toBe(true);
    expect(canCall(admin, 'github/search', { gateway: other }).whyNot).toBe(
      'gateway agents/other does not serve MCP server github',
    );
    expect(evaluated.canCall(cron, 'github/search').whyNot).toBe(
      'MCP server github is called by gateways for users alone',
    );
    expect(() => evaluated.canCall(admin, 'gitlab/search')).toThrow('there is no toolset gitlab/search');
  });
});
