import { App, Chart, Duration, Size } from 'cdk8s';
import { Cpu, EnvValue } from 'cdk8s-plus-29';
import {
  Agent,
  ApiKeys,
  AppId,
  ClusterProfile,
  Credentials,
  DataSource,
  Deployer,
  Entry,
  LabelGuard,
  Model,
  Prompt,
  VolumeSource,
} from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

const program = () => new Program();
const credentials = Credentials.fromSecretName('aws');
const ephemeral = VolumeSource.memory(Size.mebibytes(1));

/** Faults of names, limits and the options of pods. */
export const WORKLOAD_FAULTS: FaultCase[] = [
  [
    'APP_ID_MISSING',
    'chart/support: its app had no id when it was made',
    () => {
      const chart = new Chart(new App(), 'chart', { namespace: 'agents' });
      return new Agent(chart, 'support', { prompt: Prompt.fromText('x'), model: Model.scripted([{ say: 'yes' }]) });
    },
  ],
  ['NAME_INVALID', 'AppId: "My platform"', () => AppId.of('My platform')],
  ['DEPLOYER_INVALID', 'Deployer.user: the name is empty', () => Deployer.user('')],
  ...['system:authenticated', 'system:serviceaccounts:agents'].map((group): FaultCase => [
    'DEPLOYER_INVALID',
    `"${group}" is everybody, or every pod`,
    () => Deployer.group(group),
  ]),
  ['DEPLOYER_INVALID', '"system:anonymous" is everybody', () => Deployer.user('system:anonymous')],
  [
    'NAME_TAKEN',
    'AppId: the app has the id "program" already, and is given "other"',
    () => AppId.of('other').applyTo(program().app),
  ],
  [
    'NAME_INVALID',
    'chart/guard: "Agents" is no DNS label',
    () => new LabelGuard(program().chart, 'guard', { deployers: [Deployer.user('jane')], namespaces: ['Agents'] }),
  ],
  [
    'NAMESPACE_MISSING',
    'chart/guard: the program has no workloads',
    () => new LabelGuard(program().chart, 'guard', { deployers: [Deployer.user('jane')] }),
  ],
  [
    'DEPLOYER_INVALID',
    'chart/guard: nobody may deploy the program',
    () => new LabelGuard(program().chart, 'guard', { deployers: [] }),
  ],
  [
    'OPTION_UNSUPPORTED',
    'chart/guard: Kubernetes 1.29 has no ValidatingAdmissionPolicy',
    () => {
      const { chart } = new Program('agents', ClusterProfile.generic({ kubernetesVersion: '1.29' }));
      return new LabelGuard(chart, 'guard', { deployers: [Deployer.user('jane')] });
    },
  ],
  [
    'NAME_TAKEN',
    'other/guard: "guard" is the name of the label guard chart/guard already',
    () => {
      const p = program();
      const deployers = [Deployer.user('jane')];
      new LabelGuard(p.chart, 'guard', { deployers });
      return new LabelGuard(new Chart(p.app, 'other', { namespace: 'other' }), 'guard', { deployers });
    },
  ],
  ['ENV_INVALID', '"MY-VAR"', () => program().agent('support', { env: { 'MY-VAR': EnvValue.fromValue('x') } })],
  ['NAME_INVALID', 'Credentials: ""', () => Credentials.fromSecretName('')],
  ['NAME_INVALID', 'ApiKeys: "Keys"', () => ApiKeys.fromSecretName('Keys')],
  ['NAME_INVALID', 'VolumeSource: "a/b"', () => VolumeSource.fromPersistentVolumeClaimName('a/b')],
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
  ['NAME_INVALID', 'at most 57', () => program().agent('a'.repeat(58))],
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
  [
    'MODEL_INVALID',
    'chart/support: region "Ireland" of its bedrock model',
    () => {
      const p = program();
      p.agent('support', { model: Model.bedrock('m', { region: 'Ireland', credentials }) });
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
  [
    'DOCUMENT_INVALID',
    '$.card.skills[1].id "search" is listed twice',
    () => {
      const p = program();
      const skill = { id: 'search', name: 'Search', description: 'Finds.' };
      p.agent('support', { skills: [skill, skill] });
      return p.synth();
    },
  ],
  ['TIMEOUT_TOO_LONG', 'timeout is 960000 ms', () => program().agent('support', { timeout: Duration.minutes(16) })],
  ['LIMIT_INVALID', 'timeout is 0 ms', () => program().toolset('logs', { timeout: Duration.millis(0) })],
  [
    'LIMIT_INVALID',
    'load.maxConcurrency is 0. Give a whole number from 1 to 100000',
    () => program().agent('support', { load: { maxConcurrency: 0 } }),
  ],
  ['LIMIT_INVALID', 'load.maxQueue is 1.5', () => program().toolset('logs', { load: { maxQueue: 1.5 } })],
  [
    'LIMIT_INVALID',
    'load.queueTimeout is 0 ms',
    () => program().agent('support', { load: { queueTimeout: Duration.millis(0) } }),
  ],
  [
    'LIMIT_INVALID',
    'load.circuitBreaker.window is 10 ms',
    () => program().agent('support', { load: { circuitBreaker: { window: Duration.millis(10) } } }),
  ],
  [
    'LIMIT_INVALID',
    'load.circuitBreaker.minRequests is 0',
    () => program().agent('support', { load: { circuitBreaker: { minRequests: 0 } } }),
  ],
  [
    'LIMIT_INVALID',
    'load.circuitBreaker.errorRate is 50. Give a number from 0.001 to 1',
    () => program().agent('support', { load: { circuitBreaker: { errorRate: 50 } } }),
  ],
  [
    'LIMIT_INVALID',
    'load.circuitBreaker.openTime is 1200000 ms',
    () => program().agent('support', { load: { circuitBreaker: { openTime: Duration.minutes(20) } } }),
  ],
  [
    'LIMIT_INVALID',
    'load.circuitBreaker.probes is 101',
    () => program().agent('support', { load: { circuitBreaker: { probes: 101 } } }),
  ],
  ['LIMIT_INVALID', 'maxToolCalls is 0', () => program().agent('support', { maxToolCalls: 0 })],
  ['LIMIT_INVALID', 'maxOutputTokens is 15', () => program().agent('support', { maxOutputTokens: 15 })],
  ['LIMIT_INVALID', 'maxCost is 0', () => program().agent('support', { maxCost: 0 })],
  ['PRICE_MISSING', 'it has a maxCost, and its model has no price', () => program().agent('support', { maxCost: 5 })],
  [
    'OUTPUT_SCHEMA_INVALID',
    'outputSchema.type Invalid input: expected "object"',
    () => program().agent('support', { outputSchema: { type: 'array' } }),
  ],
  [
    'OUTPUT_SCHEMA_INVALID',
    'outputSchema does not compile: strict mode: unknown keyword: "enmu"',
    () =>
      program().agent('support', {
        outputSchema: { type: 'object', properties: { priority: { type: 'string', enmu: ['low'] } } },
      }),
  ],
  ['LIMIT_INVALID', 'maxTurns is 0', () => program().agent('support', { maxTurns: 0 })],
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
  ...['/etc/x/../agentyard', '/etc//agentyard', '/a:b', '/', 'a'].map((mountPath): FaultCase => [
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
  [
    'LABEL_INVALID',
    'Entry: "app: undefined" is no label',
    () => Entry.fromPods({ namespace: 'clients', podLabels: { app: process.env.NOT_SET as string } }),
  ],
  ['NAME_INVALID', 'Entry: "Clients"', () => Entry.fromPods({ namespace: 'Clients', podLabels: { app: 'cli' } })],
  ...['x'.repeat(64), 'a b', '-a', 'a-'].map((value): FaultCase => [
    'LABEL_INVALID',
    `chart/support: "team: ${value}" is no label`,
    () => program().agent('support', { podLabels: { team: value } }),
  ]),
  ...['', 'a/b/c', 'Upper.FaultCase/x', 'a b'].map((key): FaultCase => [
    'LABEL_INVALID',
    `"${key}: x" is no label`,
    () => program().agent('support', { podLabels: { [key]: 'x' } }),
  ]),
];
