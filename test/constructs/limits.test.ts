import { Duration, Size } from 'cdk8s';
import {
  Credentials,
  Isolation,
  Model,
  RouteMatch,
  type AgentProps,
  type McpGatewayProps,
  type ToolsetProps,
} from 'agentyard';
import { Program } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

/** Each prop, and what the runtime reads of it; without the prop the default is written. */
const TOOLSET: [keyof ToolsetProps, Partial<ToolsetProps>, object, object][] = [
  ['timeout', { timeout: Duration.seconds(5) }, { limits: { timeoutMs: 5_000 } }, { limits: { timeoutMs: 30_000 } }],
  [
    'memoryLimit',
    { memoryLimit: Size.mebibytes(64) },
    { limits: { memoryBytes: 67_108_864 } },
    { limits: { memoryBytes: 134_217_728 } },
  ],
  [
    'outputLimit',
    { outputLimit: Size.kibibytes(8) },
    { limits: { outputBytes: 8_192 } },
    { limits: { outputBytes: 1_048_576 } },
  ],
  ['maxProcesses', { maxProcesses: 3 }, { limits: { maxProcesses: 3 } }, { limits: { maxProcesses: 16 } }],
  ['maxConcurrency', { maxConcurrency: 1 }, { limits: { maxConcurrency: 1 } }, { limits: { maxConcurrency: 2 } }],
  ['warmProcesses', { warmProcesses: 3 }, { limits: { warmProcesses: 3 } }, { limits: { warmProcesses: 1 } }],
  ['maxQueue', { maxQueue: 0 }, { limits: { maxQueue: 0 } }, { limits: { maxQueue: 16 } }],
  ['allowSubprocesses', { allowSubprocesses: true }, { subprocesses: true }, { subprocesses: false }],
  [
    'isolation',
    { isolation: Isolation.standard({ requiredLayers: [] }) },
    { isolation: { requiredLayers: ['no-new-privileges', 'seccomp'] } },
    { isolation: { network: false, requiredLayers: ['no-new-privileges', 'seccomp', 'landlock-files'] } },
  ],
  ['toolEnvironment', { toolEnvironment: ['TZ'] }, { environment: ['TZ'] }, { environment: [] }],
];

const PRICED = Model.anthropic('claude-x', {
  credentials: Credentials.fromSecretName('anthropic'),
  price: { inputPerMillionTokens: 3, outputPerMillionTokens: 15 },
});

const AGENT: [keyof AgentProps, Partial<AgentProps>, object, object][] = [
  ['maxTurns', { maxTurns: 3 }, { limits: { maxTurns: 3 } }, { limits: { maxTurns: 8 } }],
  [
    'maxTotalTokens',
    { maxTotalTokens: 900 },
    { limits: { maxTotalTokens: 900 } },
    { limits: { maxTurns: 8, timeoutMs: 120_000 } },
  ],
  ...(['maxToolCalls', 'maxInputTokens', 'maxOutputTokens'] as const).map(
    (prop): [keyof AgentProps, Partial<AgentProps>, object, object] => [
      prop,
      { [prop]: 70 },
      { limits: { [prop]: 70 } },
      { limits: expect.not.objectContaining({ [prop]: expect.anything() }) as object },
    ],
  ),
  [
    'maxCost',
    { maxCost: 0.25, model: PRICED },
    { limits: { maxCost: 0.25 }, price: { inputPerMillion: 3, outputPerMillion: 15 } },
    { limits: expect.not.objectContaining({ maxCost: expect.anything() }) as object },
  ],
  ['timeout', { timeout: Duration.seconds(7) }, { limits: { timeoutMs: 7_000 } }, { limits: { timeoutMs: 120_000 } }],
];

describe('limits reach the runtimes’ documents, spelled out with their defaults', () => {
  it.each(TOOLSET)('toolset: %s', (_, props, given, byDefault) => {
    const program = new Program();
    program.toolset('given', props);
    program.toolset('plain');
    expect(program.document('given-config', 'toolset.json')).toMatchObject(given);
    expect(program.document('plain-config', 'toolset.json')).toMatchObject(byDefault);
  });

  it.each(AGENT)('agent: %s', (_, props, given, byDefault) => {
    const program = new Program();
    program.agent('given', props);
    program.agent('plain');
    expect(program.document('given-config', 'agent.json')).toMatchObject(given);
    expect(program.document('plain-config', 'agent.json')).toMatchObject(byDefault);
  });

  it('agent and toolset: load, in the documents of gateways', () => {
    const program = new Program();
    const load = {
      maxConcurrency: 3,
      maxQueue: 0,
      queueTimeout: Duration.seconds(2),
      circuitBreaker: {
        window: Duration.minutes(1),
        minRequests: 5,
        errorRate: 0.25,
        openTime: Duration.seconds(9),
        probes: 1,
      },
    };
    const limits = {
      maxConcurrency: 3,
      maxQueue: 0,
      queueTimeoutMs: 2_000,
      circuitBreaker: { windowMs: 60_000, minRequests: 5, errorRate: 0.25, openMs: 9_000, probes: 1 },
    };
    const byDefault = {
      maxConcurrency: 64,
      maxQueue: 256,
      queueTimeoutMs: 10_000,
      circuitBreaker: { windowMs: 30_000, minRequests: 20, errorRate: 0.5, openMs: 5_000, probes: 3 },
    };
    const [given, plain] = [program.agent('given', { load }), program.agent('plain')];
    const toolsets = [
      program.toolset('given-tools', { load }),
      program.toolset('tools'),
      program.toolset('short', { maxQueue: 1 }),
    ];
    const gateway = program.gateway('gateway', { tools: toolsets });
    for (const agent of [given, plain]) gateway.addRoute(agent.node.id, { match: RouteMatch.agent(agent) });
    program.agent('caller', { tools: toolsets });
    const document = program.document('gateway-routes', 'gateway.json');
    const limitsOf = (all: { name: string; limits: unknown }[]) => all.map((each) => [each.name, each.limits]);
    expect(limitsOf(document.agents)).toEqual([
      ['given', limits],
      ['plain', byDefault],
    ]);
    // A full run may wait in the pod, and no more than it takes.
    expect(limitsOf(document.toolsets)).toEqual([
      ['given-tools', limits],
      ['tools', { ...byDefault, maxConcurrency: 4 }],
      ['short', { ...byDefault, maxConcurrency: 3 }],
    ]);
    expect(JSON.stringify(program.document('caller-config', 'agent.json').toolsets)).not.toContain('maxQueue');
  });

  it('gateway: maxBodySize', () => {
    const bodies = (props: Partial<McpGatewayProps>): number => {
      const program = new Program();
      program.gateway('gateway', props);
      return program.document('gateway-routes', 'gateway.json').maxBodyBytes as number;
    };
    expect([bodies({ maxBodySize: Size.kibibytes(4) }), bodies({})]).toEqual([4_096, 1_048_576]);
  });

  it('callers wait longer than those that they call, so that the callee’s own answer arrives', () => {
    const program = new Program();
    const tools = [program.toolset('logs', { timeout: Duration.seconds(10) })];
    const agent = program.agent('support', { tools, timeout: Duration.seconds(60) });
    const gateway = program.gateway('gateway', { tools });
    gateway.addRoute('by-name', { match: RouteMatch.agent(agent) });
    expect(program.document('support-config', 'agent.json').toolsets[0].timeoutMs).toBe(20_000);
    const { agents, toolsets, shutdown } = program.document('gateway-routes', 'gateway.json');
    expect([agents[0].timeoutMs, toolsets[0].timeoutMs, shutdown.graceMs]).toEqual([65_000, 20_000, 65_000]);
  });
});
