import path from 'node:path';
import { Chart, Duration, Size } from 'cdk8s';
import { Cpu, PercentOrAbsolute } from 'cdk8s-plus-29';
import {
  Credentials,
  DataSource,
  Isolation,
  Model,
  Peer,
  PostgresDatabase,
  Prompt,
  Role,
  Sessions,
  ToolSource,
  VolumeSource,
  type AgentProps,
  type PostgresDatabaseOptions,
  type ToolDeclarations,
  type ToolImageOptions,
} from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';
import { directoryWith } from './temporary-directory';

const program = () => new Program();
const ephemeral = VolumeSource.memory(Size.mebibytes(1));
const manifestOf = (tools: unknown[]) => JSON.stringify({ kind: 'ToolsetManifest', version: 1, tools });
const tool = { name: 'a', description: 'A.', inputSchema: { type: 'object' }, module: 'a.ts' };

/** An agent whose calls of a tool wait for approval. */
function approvedAgent(approvers: Role[], props: Partial<AgentProps> = {}) {
  const p = program();
  const logs = p.toolset('logs');
  return p.agent('support', {
    tools: [logs],
    sessions: Sessions.onVolume('claim'),
    approvals: { tools: [logs], approvers },
    ...props,
  });
}

/** A database that an agent could have. */
function postgres(options: Partial<PostgresDatabaseOptions>) {
  const servedBy = Peer.pods({ namespace: 'data', podLabels: { app: 'postgres' } });
  return PostgresDatabase.at({
    host: 'postgres.data.svc',
    servedBy,
    database: 'agents',
    username: 'support',
    ...options,
  });
}

const officer = Role.fromRoleName('officer');

const imageSource = (image: string, options: Partial<ToolImageOptions>) =>
  ToolSource.fromImage(image, {
    entryModule: 'index.mjs',
    tools: [{ name: 'a', description: 'A.', inputSchema: { type: 'object' } }],
    ...options,
  });

const commandSource = (command: string[], options: Partial<ToolDeclarations> = {}) =>
  ToolSource.command(command, {
    tools: [{ name: 'a', description: 'A.', inputSchema: { type: 'object' } }],
    ...options,
  });

/** Faults of prompts, models, tools and their sources. */
export const AGENT_AND_TOOL_FAULTS: FaultCase[] = [
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
    'CODE_UNTRUSTED',
    'chart/logs: its code is declared `untrusted`, and runs on the kernel of the node. Give it a kernel of its own',
    () => program().toolset('logs', { untrusted: true }),
  ],
  [
    'CODE_UNTRUSTED',
    'chart/logs: its code is declared `untrusted`',
    () => program().toolset('logs', { untrusted: true, isolation: Isolation.standard() }),
  ],
  [
    'NAME_INVALID',
    'chart/logs: "gVisor!" is no name of a Kubernetes object',
    () => program().toolset('logs', { isolation: Isolation.runtimeClass('gVisor!') }),
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
    'TOOL_DUPLICATE',
    'tool "greet" of toolset "logs"',
    () => {
      const p = program();
      const logs = p.toolset('logs');
      return p.agent('support', { tools: [logs, logs.tool('greet')] });
    },
  ],
  [
    'TOOL_UNKNOWN',
    'chart/support: approvals.tools has "logs/greet", which is none of its tools',
    () => approvedAgent([officer], { tools: [] }),
  ],
  ['APPROVERS_INVALID', 'chart/support: approvals.approvers is empty', () => approvedAgent([])],
  ['APPROVERS_INVALID', 'chart/support: approvals.approvers has', () => approvedAgent([officer, Role.anyCaller()])],
  [
    'APPROVALS_NEED_STORE',
    'chart/support: calls of its tools wait for approval',
    () => approvedAgent([officer], { sessions: Sessions.inMemory() }),
  ],
  ['STORE_INVALID', '"postgres://x"', () => postgres({ host: 'postgres://x' })],
  ['STORE_INVALID', 'database or username is empty', () => postgres({ database: '' })],
  ['STORE_INVALID', 'not encrypted', () => postgres({ authorities: { configMapName: 'ca' } })],
  ['STORE_INVALID', 'timeout is 11000 ms', () => postgres({ timeout: Duration.seconds(11) })],
  ['PORT_INVALID', 'port is 0', () => postgres({ port: 0 })],
  ['APPROVALS_NEED_STORE', 'chart/support', () => approvedAgent([officer], { sessions: undefined })],
  [
    'SESSIONS_NOT_SHARED',
    'chart/support: it may have more than one pod',
    () => program().agent('support', { sessions: Sessions.inMemory(), replicas: 2 }),
  ],
  [
    'SESSIONS_NOT_SHARED',
    'chart/support: maxSurge lets two pods write',
    () => approvedAgent([officer], { maxSurge: PercentOrAbsolute.absolute(1) }),
  ],
  [
    'LIMIT_INVALID',
    'chart/support: sessions.ttl is 0 ms',
    () => program().agent('support', { sessions: Sessions.inMemory({ ttl: Duration.millis(0) }) }),
  ],
  [
    'LIMIT_INVALID',
    'chart/support: sessions.maxSize is 17825792',
    () => program().agent('support', { sessions: Sessions.inMemory({ maxSize: Size.mebibytes(17) }) }),
  ],
  ['PROMPT_EMPTY', 'chart/support', () => program().agent('support', { prompt: Prompt.fromText(' \n') })],
  [
    'PROMPT_EMPTY',
    'chart/support',
    () => {
      const file = path.join(directoryWith({ 'p.md': '' }), 'p.md');
      return program().agent('support', { prompt: Prompt.fromFile(file) });
    },
  ],
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
  ...[
    ['"Tools:1" is no reference of an image', 'Tools:1', {}],
    ['is no reference of an image', 'tools@sha256:abc', {}],
    ['is no reference of an image', 'tools --privileged', {}],
    ['directory is "tools"', 'tools', { directory: 'tools' }],
    ['directory is "/a/../etc"', 'tools', { directory: '/a/../etc' }],
    ['directory is "/tools/"', 'tools', { directory: '/tools/' }],
    ['directory is "/$(HOME)"', 'tools', { directory: '/$(HOME)' }],
    ['copyCommand is empty', 'tools', { copyCommand: [] }],
    ['has an empty argument', 'tools', { copyCommand: ['cp', ''] }],
    ['maxSize is below 1 KiB', 'tools', { maxSize: Size.kibibytes(0) }],
    ['"../index.mjs" is no module', 'tools', { entryModule: '../index.mjs' }],
    ['"/tools/index.mjs" is no module', 'tools', { entryModule: '/tools/index.mjs' }],
    ['"index.ts" is no module', 'tools', { entryModule: 'index.ts' }],
    ['neither manifest nor tools are given', 'tools', { tools: undefined }],
    ['manifest and tools are both given', 'tools', { manifest: '/x/toolset.manifest.json' }],
  ].map(([place, image, options]): FaultCase => [
    'TOOL_IMAGE_INVALID',
    place as string,
    () => imageSource(image as string, options as Partial<ToolImageOptions>),
  ]),
  [
    'TOOL_IMAGE_INVALID',
    'chart/logs: the tools are copied from "/mnt" to "/mnt/agentyard-tools"',
    () => program().toolset('logs', { source: imageSource('tools', { directory: '/mnt' }) }),
  ],
  [
    'STORAGE_OVERCOMMITTED',
    "chart/logs: a copy of the tools of 300 MiB and 250 MiB of logs are above the container's limit of 512 MiB",
    () => program().toolset('logs', { source: imageSource('tools', { maxSize: Size.mebibytes(300) }) }),
  ],
  ...[
    ['its command has 0 parts', [], {}],
    ['its command has 2 parts, one of them empty', ['node', ''], {}],
    ['its command has 101 parts', Array.from({ length: 101 }, () => 'x'), {}],
    ['neither manifest nor tools are given', ['node'], { tools: undefined }],
    ['manifest and tools are both given', ['node'], { manifest: '/x/toolset.manifest.json' }],
    ['the tool "a" names the module "a.ts"', ['node'], { tools: [tool] }],
  ].map(([place, command, options]): FaultCase => [
    'TOOL_COMMAND_INVALID',
    place as string,
    () => commandSource(command as string[], options as Partial<ToolDeclarations>),
  ]),
  [
    'TOOL_COMMAND_INVALID',
    'chart/logs: its tools are in a server, and the image of the runtime has none',
    () => program().toolset('logs', { source: commandSource(['server']) }),
  ],
  ...[{ allowSubprocesses: true }, { warmProcesses: 1 }, { isolation: Isolation.standard() }].map(
    (option): FaultCase => [
      'OPTION_UNSUPPORTED',
      `chart/logs: ${Object.keys(option).join()} is for tools that run in a process for each call`,
      () => program().toolset('logs', { source: commandSource(['server']), image: 'own:1', ...option }),
    ],
  ),
  [
    'SECRET_IN_TEXT',
    'its arguments have what looks like an access key of AWS',
    () => commandSource(['server', '--key=AKIAIOSFODNN7EXAMPLE']),
  ],
  [
    'TOOL_MANIFEST_INVALID',
    'ToolSource.command(server): $.tools[0].name',
    () => commandSource(['server'], { tools: [{ name: 'a b', description: 'A.', inputSchema: { type: 'object' } }] }),
  ],
  [
    'TOOL_MANIFEST_INVALID',
    'tools: $.tools[0].module is required',
    () => imageSource('tools', { entryModule: undefined }),
  ],
  [
    'TOOL_MANIFEST_INVALID',
    'tools: $.tools[0].name',
    () => imageSource('tools', { tools: [{ name: 'a b', description: 'A.', inputSchema: { type: 'object' } }] }),
  ],
  [
    'TOOL_MANIFEST_INVALID',
    '$.tools[0].module is required',
    () => {
      const { module: _module, ...nowhere } = tool;
      return ToolSource.fromDirectory(directoryWith({ 'toolset.manifest.json': manifestOf([nowhere]) }));
    },
  ],
  ['PATH_NOT_ABSOLUTE', '"tools.json"', () => imageSource('tools', { tools: undefined, manifest: 'tools.json' })],
  [
    'FILE_UNREADABLE',
    '/nowhere/tools.json',
    () => imageSource('tools', { tools: undefined, manifest: '/nowhere/tools.json' }),
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
  [
    'MODEL_INVALID',
    'chart/a: the id of its anthropic model is empty',
    () => program().agent('a', { model: Model.anthropic(' ', { credentials: Credentials.fromSecretName('s') }) }),
  ],
  [
    'MODEL_INVALID',
    'chart/a: baseUrl "vllm:8000"',
    () => program().agent('a', { model: Model.openaiCompatible('m', { baseUrl: 'vllm:8000' }) }),
  ],
  [
    'MODEL_INVALID',
    'baseUrl "http://vllm:99999/v1"',
    () => program().agent('a', { model: Model.openaiCompatible('m', { baseUrl: 'http://vllm:99999/v1' }) }),
  ],
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
    'DATA_SOURCE_DUPLICATE',
    '"logs"',
    () =>
      program().toolset('t', { data: [DataSource.volume('logs', ephemeral), DataSource.volume('logs', ephemeral)] }),
  ],
];
