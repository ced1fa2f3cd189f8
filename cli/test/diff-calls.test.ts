import fc from 'fast-check';
import { toolKey, type Calls, type Principal } from 'agentyard/authorization';
import { ROLES } from '../../test/lib/authorization/random-documents';
import { randomChange } from '../../test/lib/authorization/random-program';
import {
  audienceOf,
  gatewayOf,
  policyOf,
  runtimeObjects,
  type Place,
} from '../../test/lib/authorization/small-program';
import {
  binding,
  bound,
  caller,
  CONNECTIONS,
  cron,
  documents,
  front,
  logs,
  objectsOf,
  type Documents,
} from '../../test/lib/authorization/support-program';
import { Difference } from '../src/diff/difference';
import { report } from '../src/diff/report';
import { Evaluated } from '../src/evaluated/evaluated';
import { between } from './fixtures/difference';

/** An MCP server that the network lets everybody reach. */
const SERVER = {
  name: 'github',
  endpoint: { by: 'url' as const, url: 'http://localhost:3001/mcp' },
  timeoutMs: 1000,
  tools: [{ name: 'delete', allowedRoles: ['admin'] }],
  otherTools: ['operator'],
};

type Edit = (documents: Documents) => unknown;

function sides(edit: Edit) {
  const [before, after] = [documents(), documents()];
  edit(after);
  return [objectsOf(before), objectsOf(after)] as const;
}

/** The lines of a report about an edit, but those of routes. */
function told(edit: Edit): string[] {
  return between(...sides(edit)).lines.filter((line) => !/: (no longer )?(routes requests|route )/.test(line));
}

const AGENT = 'through agent agents/support';

describe('what changes about who may call which tool', () => {
  it.each<[what: string, edit: Edit, lines: string[]]>([
    [
      'a role for a tool',
      ({ toolset }) => (toolset.tools[1]!.allowedRoles = ['admin', 'operator']),
      [`+ role operator: may now call tool purge of toolset tools/logs, ${AGENT}`],
    ],
    [
      'every caller, directly and through an agent',
      ({ toolset, gateway }) => {
        gateway.agents[0]!.allowedRoles = '*';
        gateway.toolsets[0]!.tools.push({ ...bound('purge'), allowedRoles: '*' });
        toolset.identity.callers[0]!.tools.push('purge');
        toolset.tools[1]!.allowedRoles = '*';
      },
      [
        '+ edge/front: lets every caller invoke agent support',
        '+ edge/front: may call tool purge of toolset logs',
        `+ every caller: may now call tool purge of toolset tools/logs, directly and ${AGENT}; before only role admin`,
        '+ tools/logs: lets edge/front call tool purge for users',
      ],
    ],
    [
      'no longer every caller',
      ({ toolset, gateway }) => {
        gateway.toolsets[0]!.tools[0]!.allowedRoles = ['admin'];
        toolset.tools[0]!.allowedRoles = ['admin'];
      },
      ['- every caller: may no longer call tool read of toolset tools/logs, directly; now only role admin'],
    ],
    [
      'a route that is gone',
      ({ gateway }) => (gateway.routes = []),
      [`- role admin: may no longer call tool purge of toolset tools/logs, ${AGENT}`],
    ],
    [
      'two roles, of which one is not enough',
      ({ agent }) => (agent.allowedRoles = ['operator']),
      [
        '- agents/support: may no longer be invoked for every caller',
        `- role admin: may no longer call tool purge of toolset tools/logs, ${AGENT}; now only roles admin and operator`,
      ],
    ],
    [
      'a role that is of use together with others, since the agent asks for those',
      ({ toolset }) => (toolset.tools[1]!.allowedRoles = ['admin', 'guest', 'intern']),
      [
        `+ callers with several roles: may now call tool purge of toolset tools/logs, ${AGENT}, with guest and operator or intern and operator`,
        '+ tools/logs: runs tool purge for role guest',
        '+ tools/logs: runs tool purge for role intern',
      ],
    ],
    [
      'a tool for nobody',
      ({ toolset }) => (toolset.tools[1]!.allowedRoles = []),
      [`- role admin: may no longer call tool purge of toolset tools/logs, ${AGENT}`],
    ],
    [
      'a caller that is let in no more',
      ({ toolset }) => (toolset.identity.callers[1]!.tools = ['read']),
      [
        `- role admin: may no longer call tool purge of toolset tools/logs, ${AGENT}`,
        '- tools/logs: no longer lets agents/support call tool purge for users',
      ],
    ],
    [
      'a tool of an MCP server, and what it may ask',
      ({ gateway }) => {
        gateway.mcpServers = [{ ...SERVER, otherTools: [], mayAsk: ['sampling'], prompts: ['guest'] }];
      },
      [
        '+ edge/front: lets MCP server github ask its callers for sampling',
        '+ edge/front: serves MCP server github',
        '+ edge/front: shows prompts of MCP server github to role guest',
        '+ role admin: may now call tool delete of MCP server github, directly',
      ],
    ],
    [
      'an agent that is offered as a tool, and what it is said to be good for',
      ({ gateway }) => {
        gateway.agentTools = ['support'];
        gateway.agents[0]!.card = { description: 'Reads logs.' };
      },
      ['+ edge/front: offers agent support as an MCP tool', '~ edge/front: description of agent support: changed'],
    ],
    [
      'what an agent may do for itself, which a fact line would say no better',
      ({ toolset }) => (toolset.identity.callers[1]!.ownTools = ['read', 'purge']),
      ['+ agent agents/support: may now call tool purge of toolset tools/logs'],
    ],
    [
      'what a service may have an agent do',
      ({ agent }) => (agent.identity.callers[1]!.withoutUser = false),
      [
        '- agents/support: no longer lets ops/cron invoke it for no user',
        `- service ops/cron: may no longer call tool read of toolset tools/logs, ${AGENT}`,
      ],
    ],
  ])('is told: %s', (_, edit, lines) => {
    expect(told(edit).sort()).toEqual([...lines].sort());
  });

  it.each<[what: string, edit: Edit, lines: string[]]>([
    [
      'a grant of what a service may have an agent do anyway',
      ({ toolset }) => (toolset.identity.callers[2]!.ownTools = ['purge', 'read']),
      ['+ tools/logs: lets ops/cron call tool read for itself'],
    ],
    [
      'a further way to a tool that everybody may call',
      ({ gateway }) => (gateway.agents[0]!.allowedRoles = '*'),
      ['+ edge/front: lets every caller invoke agent support'],
    ],
  ])('is nothing where nobody gains a tool, and facts tell what changed: %s', (_, edit, lines) => {
    expect(told(edit)).toEqual(lines);
  });

  it('is told in one line for several tools', () => {
    const edit: Edit = ({ gateway }) => (gateway.agents[0]!.allowedRoles = ['admin', 'operator', 'guest']);
    const [before, after] = [documents(), documents()];
    for (const side of [before, after]) {
      side.gateway.toolsets = [];
      side.toolset.tools[1]!.allowedRoles = '*';
    }
    edit(after);
    expect(between(objectsOf(before), objectsOf(after)).lines).toEqual([
      `+ role guest: may now call tools purge, read of toolset tools/logs, ${AGENT}`,
      '+ edge/front: lets role guest invoke agent support',
    ]);
  });

  it('is told of policies, too', () => {
    const without = CONNECTIONS.filter(([from, to]) => from !== front || to !== logs);
    const { lines } = between(objectsOf(documents(), without), objectsOf(documents()));
    expect(lines).toEqual([
      '+ every caller: may now call tool read of toolset tools/logs, directly; before only role admin or role operator',
      '+ edge/front: may connect to Deployment tools/logs: TCP 8080',
    ]);
  });

  it('names the gateway if there are several', () => {
    const side: Place = { name: 'side', namespace: 'edge' };
    const second = gatewayOf(side, {
      toolsets: [{ ...binding(logs), tools: [{ ...bound('read'), allowedRoles: ['x'] }] }],
    });
    const [before, after] = sides(({ toolset }) => {
      toolset.identity.callers.push({ ...caller(side), claimIssuers: [audienceOf(side)], tools: ['read'] });
    });
    const policies = [policyOf({ ...side }, [], [logs]), policyOf({ ...logs, name: 'logs' }, [side], [])];
    const both = [before, after].map((objects) => [
      ...objects,
      ...runtimeObjects(second),
      ...policies.map((policy) => ({ ...policy, metadata: { ...policy.metadata, name: 'further' } })),
    ]);
    expect(between(both[0]!, both[1]!).lines).toContain(
      '+ role x: may now call tool read of toolset tools/logs, directly, at gateway edge/side',
    );
  });

  it('is told of services that are not among the manifests', () => {
    const etl: Place = { name: 'etl', namespace: cron.namespace };
    const edit: Edit = ({ toolset }) =>
      toolset.identity.callers.push({ ...caller(etl), tools: [], ownTools: ['read', 'purge'] });
    expect(told(edit)).toEqual([
      '+ service ops/etl: may now call tools purge, read of toolset tools/logs',
      '+ tools/logs: lets ops/etl (system:serviceaccount:ops:etl) call it',
    ]);
  });

  it('is grouped by who calls', () => {
    const [before, after] = sides(({ toolset }) => (toolset.tools[1]!.allowedRoles = ['operator']));
    const text = report(Difference.between(Evaluated.fromObjects(before), Evaluated.fromObjects(after)), 'text');
    expect(text).toBe(
      [
        'role admin',
        `  - may no longer call tool purge of toolset tools/logs, ${AGENT}`,
        '',
        'role operator',
        `  + may now call tool purge of toolset tools/logs, ${AGENT}`,
        '',
        '1 permit more, 1 take away, 0 change otherwise.',
        '',
      ].join('\n'),
    );
  });
});

it('is told of rules about what an agent may be given, at its gateway and at itself', () => {
  const argumentRules = [{ role: '*', expression: 'args.history.size() == 0' }];
  const edit: Edit = ({ gateway, agent }) => {
    gateway.agents[0]!.argumentRules = argumentRules;
    agent.argumentRules = argumentRules;
  };
  expect(told(edit)).toEqual([
    '- agents/support: now has to check the arguments of requests',
    '~ agents/support: rules about the arguments of requests: added',
    '- edge/front: now has to check the arguments of agent support',
    '~ edge/front: rules about the arguments of agent support: added',
  ]);
});

describe('a change of a program', () => {
  const options = { seed: Number(process.env.SEED ?? 20_261_126), numRuns: 60 * Number(process.env.TIMES ?? 1) };
  const roleSets = ROLES.reduce<string[][]>((sets, role) => [...sets, ...sets.map((set) => [...set, role])], [[]]);

  /** All that may be called, by whom. */
  const callsOf = (calls: Calls): Set<string> => {
    const users = calls.gateways.flatMap((gateway) => roleSets.map((roles) => ({ roles, gateway })));
    const all: Principal[] = [...users, ...calls.services.map((subject) => ({ subject }))];
    return new Set(all.flatMap((who) => calls.toolsFor(who).map((tool) => `${JSON.stringify(who)} ${toolKey(tool)}`)));
  };

  it('gives nobody a tool if diff ends with 0', () => {
    fc.assert(
      fc.property(randomChange, ({ before, after }) => {
        const [was, is] = [Evaluated.fromObjects(before), Evaluated.fromObjects(after)];
        if (Difference.between(was, is).widened) return;
        const known = callsOf(was.calls);
        expect([...callsOf(is.calls)].filter((call) => !known.has(call))).toEqual([]);
      }),
      options,
    );
  });

  it('is told the other way round from the other side', () => {
    const flip = { '+': '-', '-': '+', '~': '~' } as const;
    fc.assert(
      fc.property(randomChange, ({ before, after }) => {
        const [was, is] = [Evaluated.fromObjects(before), Evaluated.fromObjects(after)];
        const there = Difference.between(was, is).changes.map(({ sign, place, subject }) => [sign, place, subject]);
        const back = Difference.between(is, was).changes.map(({ sign, place, subject }) => [
          flip[sign],
          place,
          subject,
        ]);
        expect(there.map(String).sort()).toEqual(back.map(String).sort());
      }),
      options,
    );
  });
});

describe('what changes about the tools of an MCP server', () => {
  const lines = (before: Partial<typeof SERVER>, after: Partial<typeof SERVER>) => {
    const [was, is] = [documents(), documents()];
    was.gateway.mcpServers = [{ ...SERVER, ...before }];
    is.gateway.mcpServers = [{ ...SERVER, ...after }];
    return between(objectsOf(was), objectsOf(is)).lines;
  };

  it('is told of one that is named no more, and so is among the others', () => {
    expect(lines({}, { tools: [] })).toEqual([
      '- role admin: may no longer call tool delete of MCP server github, directly',
      '+ role operator: may now call tool delete of MCP server github, directly',
    ]);
  });

  it('is that it is shown, if one is named for whom it was before, and no call is new', () => {
    expect(lines({ tools: [] }, { tools: [{ name: 'search', allowedRoles: ['operator'] }] })).toEqual([
      '+ edge/front: shows tool search of MCP server github to role operator',
    ]);
  });

  it('is told of the rules about their arguments: whatever may allow more widens', () => {
    const tool = (expression?: string) => ({
      name: 'search',
      allowedRoles: ['operator'],
      ...(expression !== undefined && { argumentRules: [{ role: 'operator', expression }] }),
    });
    const told = (before: string | undefined, after: string | undefined) => {
      const [was, is] = [documents(), documents()];
      was.gateway.mcpServers = [{ ...SERVER, tools: [tool(before)] }];
      is.gateway.mcpServers = [{ ...SERVER, tools: [tool(after)] }];
      return between(objectsOf(was), objectsOf(is));
    };
    const checks = 'to check the arguments of tool search of MCP server github';
    expect(told('args.n < 5', undefined)).toMatchObject({
      widened: true,
      lines: expect.arrayContaining([`+ edge/front: no longer has ${checks}`]),
    });
    expect(told('args.n < 5', 'args.n < 6')).toEqual({
      widened: true,
      lines: ['+ edge/front: rules about the arguments of tool search of MCP server github: changed'],
    });
    expect(told(undefined, 'args.n < 5').lines).toContain(`- edge/front: now has ${checks}`);
  });

  it('is told of those that nobody names', () => {
    expect(lines({ otherTools: [] }, {})).toEqual([
      '+ role operator: may now call further tools of MCP server github, directly',
    ]);
  });
});
