import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Chart, Duration, Size } from 'cdk8s';
import { Cpu, EnvValue } from 'cdk8s-plus-29';
import {
  Agent,
  ApiKeys,
  Auth,
  Credentials,
  DataSource,
  Entry,
  Model,
  Prompt,
  Route,
  RouteMatch,
  Toolset,
  ToolSource,
  VolumeSource,
} from 'agentyard';
import { ERROR_CODES, type ErrorCode } from '../../lib/errors/codes';
import { Program } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const directoryWith = (files: Record<string, string>): string => {
  const directory = mkdtempSync(path.join(tmpdir(), 'agentyard-tools-'));
  folders.push(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
  return directory;
};

const manifestOf = (tools: unknown[]) => JSON.stringify({ kind: 'ToolsetManifest', version: 1, tools });
const tool = { name: 'a', description: 'A.', inputSchema: { type: 'object' }, module: 'a.ts' };
const ephemeral = VolumeSource.memory(Size.mebibytes(1));
const program = () => new Program();

type Case = [ErrorCode, string, () => unknown];

/** Each case: code, what the message must name, and a program that commits the fault. */
const CASES: Case[] = [
  [
    'TOOL_UNKNOWN',
    'chart/logs: there is no tool "nope", declared are greet, part',
    () => program().toolset('logs').tool('nope'),
  ],
  [
    'TOOL_UNKNOWN',
    'chart/support: its script calls "log_store", its tools are none',
    () => program().agent('support', { model: Model.scripted([{ calls: [{ tool: 'log_store' }], say: 'x' }]) }),
  ],
  [
    'TOOL_DUPLICATE',
    'a tool of logs.agents.svc and one of logs.other.svc would both be called "logs__greet"',
    () => {
      const p = program();
      const other = p.toolset('logs', {}, new Chart(p.app, 'other', { namespace: 'other' }));
      return p.agent('support', { tools: [p.toolset('logs'), other] });
    },
  ],
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
  ['ENV_INVALID', '"MY-VAR"', () => program().agent('support', { env: { 'MY-VAR': EnvValue.fromValue('x') } })],
  ['NAME_INVALID', 'Credentials: ""', () => Credentials.fromSecretName('')],
  ['NAME_INVALID', 'ApiKeys: "Keys"', () => ApiKeys.fromSecretName('Keys')],
  ['NAME_INVALID', 'VolumeSource: "a/b"', () => VolumeSource.fromPersistentVolumeClaimName('a/b')],
  [
    'TOOL_DUPLICATE',
    'tool "greet" of toolset "logs"',
    () => {
      const p = program();
      const logs = p.toolset('logs');
      return p.agent('support', { tools: [logs, logs.tool('greet')] });
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
  ['ROUTE_PATTERN_INVALID', '"(" is no regular expression', () => RouteMatch.intent('(')],
  ['ROUTE_PATTERN_INVALID', '"(a)\\1"', () => RouteMatch.intent('(a)\\1')],
  ['ROUTE_PATTERN_INVALID', 'it is empty', () => RouteMatch.intent('')],
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
  ['PROMPT_EMPTY', 'Prompt.fromText', () => Prompt.fromText(' \n')],
  ['PROMPT_EMPTY', 'Prompt.fromFile', () => Prompt.fromFile(path.join(directoryWith({ 'p.md': '' }), 'p.md'))],
  ['PATH_NOT_ABSOLUTE', '"prompt.md" is a relative path', () => Prompt.fromFile('prompt.md')],
  ['PATH_NOT_ABSOLUTE', '"tools"', () => ToolSource.fromDirectory('tools')],
  ['FILE_UNREADABLE', '/nowhere/prompt.md', () => Prompt.fromFile('/nowhere/prompt.md')],
  ['FILE_UNREADABLE', 'toolset.manifest.json', () => ToolSource.fromDirectory(directoryWith({}))],
  [
    'TOOL_MANIFEST_INVALID',
    '$.tools[0].descripton unknown key',
    () =>
      ToolSource.fromDirectory(directoryWith({ 'toolset.manifest.json': manifestOf([{ ...tool, descripton: '' }]) })),
  ],
  [
    'TOOL_BUNDLE_FAILED',
    'a.ts',
    () =>
      ToolSource.fromDirectory(
        directoryWith({ 'toolset.manifest.json': manifestOf([tool]), 'a.ts': 'export const = 1' }),
      ),
  ],
  [
    'CONFIG_MAP_TOO_LARGE',
    'a.mjs has',
    () => {
      const code = `export const a = () => '${'x'.repeat(1_000_000)}';`;
      const source = ToolSource.fromDirectory(
        directoryWith({ 'toolset.manifest.json': manifestOf([tool]), 'a.ts': code }),
      );
      return program().toolset('large', { source });
    },
  ],
  [
    'CONFIG_MAP_TOO_LARGE',
    'chart/support: agent.json has',
    () => {
      const p = program();
      p.agent('support', { prompt: Prompt.fromText('x'.repeat(1_100_000)) });
      return p.synth();
    },
  ],
  ['NAME_INVALID', '"Support_1"', () => program().agent('Support_1')],
  ['NAME_INVALID', 'chart/1support: "1support" begins with a digit', () => program().agent('1support')],
  [
    'NAME_TAKEN',
    '"foo-pods" in namespace "agents" is the name of the headless Service of chart/foo',
    () => {
      const p = program();
      p.agent('foo');
      return p.agent('foo-pods');
    },
  ],
  [
    'NAME_TAKEN',
    '"foo-pods" in namespace "agents" is the name of chart/foo-pods',
    () => {
      const p = program();
      p.agent('foo-pods');
      return p.agent('foo');
    },
  ],
  ['NAME_INVALID', 'at most 58', () => program().agent('a'.repeat(59))],
  [
    'NAME_TAKEN',
    '"logs" in namespace "agents" is the name of chart/logs',
    () => {
      const p = program();
      p.toolset('logs');
      return p.agent('logs', {}, new Chart(p.app, 'other', { namespace: 'agents' }));
    },
  ],
  [
    'NAMESPACE_MISSING',
    'chart/support',
    () =>
      new Agent(new Chart(new App(), 'chart'), 'support', {
        prompt: Prompt.fromText('x'),
        model: Model.scripted([{ say: 'x' }]),
      }),
  ],
  ['MODEL_INVALID', 'Model.anthropic', () => Model.anthropic(' ', { credentials: Credentials.fromSecretName('s') })],
  ['MODEL_INVALID', 'baseUrl "vllm:8000"', () => Model.openaiCompatible('m', { baseUrl: 'vllm:8000' })],
  [
    'MODEL_INVALID',
    'baseUrl "http://vllm:99999/v1"',
    () => program().agent('a', { model: Model.openaiCompatible('m', { baseUrl: 'http://vllm:99999/v1' }) }),
  ],
  [
    'DOCUMENT_INVALID',
    '$.model.region must be an AWS region',
    () => {
      const p = program();
      p.agent('support', { model: Model.bedrock('m', { region: 'Ireland' }) });
      return p.synth();
    },
  ],
  [
    'DOCUMENT_INVALID',
    '$.model.rules[0].when must be a regular expression',
    () => {
      const p = program();
      p.agent('support', { model: Model.scripted([{ when: '[', say: 'x' }]) });
      return p.synth();
    },
  ],
  ['TIMEOUT_TOO_LONG', 'timeout is 960000 ms', () => program().agent('support', { timeout: Duration.minutes(16) })],
  ['LIMIT_INVALID', 'timeout is 0 ms', () => program().toolset('logs', { timeout: Duration.millis(0) })],
  ['LIMIT_INVALID', 'maxTurns is 0', () => program().agent('support', { maxTurns: 0 })],
  ['MEMORY_OVERCOMMITTED', '8 calls of 128 MiB', () => program().toolset('logs', { maxConcurrency: 8 })],
  [
    'MEMORY_OVERCOMMITTED',
    '70% of the container',
    () =>
      program().toolset('logs', {
        resources: { cpu: { limit: Cpu.millis(100) }, memory: { limit: Size.mebibytes(256) } },
      }),
  ],
  [
    'LIMIT_INVALID',
    'resources.cpu requests 2, above its limit of 500m',
    () => program().agent('support', { resources: { cpu: { request: Cpu.units(2), limit: Cpu.millis(500) } } }),
  ],
  [
    'LIMIT_INVALID',
    'resources.memory requests 1Gi, above its limit of 512Mi',
    () =>
      program().agent('support', {
        resources: { memory: { request: Size.gibibytes(1), limit: Size.mebibytes(512) } },
      }),
  ],
  [
    'REPLICAS_INVALID',
    'replicas is -1',
    () => {
      const p = program();
      p.agent('support', { replicas: -1 });
      return p.synth();
    },
  ],
  [
    'DATA_SOURCE_DUPLICATE',
    '"logs"',
    () =>
      program().toolset('t', { data: [DataSource.volume('logs', ephemeral), DataSource.volume('logs', ephemeral)] }),
  ],
  ['NAME_INVALID', '"Logs"', () => DataSource.volume('Logs', ephemeral)],
  ['VOLUME_INVALID', '"hostPath"', () => VolumeSource.fromSpec({ hostPath: { path: '/' } })],
  [
    'VOLUME_INVALID',
    'collides with "config" at "/etc/agentyard"',
    () => {
      const p = program();
      p.agent('support', { volumes: [{ name: 'extra', mountPath: '/etc/agentyard/extra', source: ephemeral }] });
      return p.synth();
    },
  ],
  ...['/etc/x/../agentyard', '/etc//agentyard', '/a:b', '/', 'a'].map((mountPath): Case => [
    'VOLUME_INVALID',
    `"${mountPath}" is not mounted at a plain path`,
    () => program().agent('support', { volumes: [{ name: 'extra', mountPath, source: ephemeral }] }),
  ]),
  [
    'ENV_RESERVED',
    'ANTHROPIC_API_KEY is set from the model',
    () =>
      program().agent('support', {
        model: Model.anthropic('m', { credentials: Credentials.fromSecretKey('s', 'k') }),
        env: { ANTHROPIC_API_KEY: EnvValue.fromValue('x') },
      }),
  ],
  [
    'ENV_RESERVED',
    'AGENTYARD_LOCAL',
    () => {
      const p = program();
      p.agent('support', { env: { AGENTYARD_LOCAL: EnvValue.fromValue('/x') } });
      return p.synth();
    },
  ],
  ['ENTRY_INVALID', '"10.0.0.0" is no CIDR', () => Entry.fromCidr('10.0.0.0')],
  ['ENTRY_INVALID', '"10.0.0.0/33" is no CIDR', () => Entry.fromCidr('10.0.0.0/33')],
  ...['10.0.0.0/8/9', '10.0.0.0/08', 'fe80::1%eth0/64', '::1/129'].map((cidr): Case => [
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
    'LABEL_INVALID',
    'Entry: "app: undefined" is no label',
    () => Entry.fromPods({ namespace: 'clients', podLabels: { app: process.env.NOT_SET as string } }),
  ],
  ['NAME_INVALID', 'Entry: "Clients"', () => Entry.fromPods({ namespace: 'Clients', podLabels: { app: 'cli' } })],
  ...['x'.repeat(64), 'a b', '-a', 'a-'].map((value): Case => [
    'LABEL_INVALID',
    `chart/support: "team: ${value}" is no label`,
    () => program().agent('support', { podLabels: { team: value } }),
  ]),
  ...['', 'a/b/c', 'Upper.Case/x', 'a b'].map((key): Case => [
    'LABEL_INVALID',
    `"${key}: x" is no label`,
    () => program().agent('support', { podLabels: { [key]: 'x' } }),
  ]),
  [
    'AUTH_NONE_EXPOSED',
    'chart/gateway: auth is Auth.none()',
    () => program().gateway('gateway', { auth: Auth.none(), entries: [Entry.fromCidr('203.0.113.0/24')] }),
  ],
];

describe('bad input fails synth with its code, the place, the value and a remedy', () => {
  it.each(CASES)('%s (%s)', (code, place, commit) => {
    let message = '';
    try {
      commit();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(`[${code}]`);
    expect(message).toContain(place);
    expect(message).toMatch(/\. \w.*\.$/m);
  });

  it('has a case for every code', () => {
    expect(Object.keys(ERROR_CODES).sort()).toEqual([...new Set(CASES.map(([code]) => code))].sort());
  });
});

describe('faults that show only when the program is complete', () => {
  it('are all reported at once', () => {
    const p = new Program();
    for (const id of ['one', 'two']) p.agent(id, { prompt: Prompt.fromText('x'.repeat(1_100_000)) });
    expect(() => p.synth()).toThrow(/chart\/one: agent\.json[^]*chart\/two: agent\.json/);
  });

  it('a toolset under a name that is taken leaves the first untouched', () => {
    const p = new Program();
    p.toolset('logs');
    const other = new Chart(p.app, 'other', { namespace: 'elsewhere' });
    expect(() => new Toolset(other, 'logs', { source: Program.greetings })).not.toThrow();
  });
});
