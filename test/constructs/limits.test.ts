import { Duration, Size } from 'cdk8s';
import { RouteMatch, type AgentProps, type McpGatewayProps, type ToolsetProps } from 'agentyard';
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
  ['maxQueue', { maxQueue: 0 }, { limits: { maxQueue: 0 } }, { limits: { maxQueue: 16 } }],
  ['allowSubprocesses', { allowSubprocesses: true }, { subprocesses: true }, { subprocesses: false }],
  ['toolEnvironment', { toolEnvironment: ['TZ'] }, { environment: ['TZ'] }, { environment: [] }],
];

const AGENT: [keyof AgentProps, Partial<AgentProps>, object, object][] = [
  ['maxTurns', { maxTurns: 3 }, { limits: { maxTurns: 3 } }, { limits: { maxTurns: 8 } }],
  [
    'maxTotalTokens',
    { maxTotalTokens: 900 },
    { limits: { maxTotalTokens: 900 } },
    { limits: { maxTurns: 8, timeoutMs: 120_000 } },
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
