import { Duration, Testing, type Chart } from 'cdk8s';
import { PercentOrAbsolute } from 'cdk8s-plus-29';
import { ClusterProfile, Credentials, Egress, Model, RouteMatch } from 'agentyard';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const deployment = (program: Program, name = 'w'): Manifest => program.object('Deployment', name).spec;
const podSpec = (program: Program, name = 'w'): Manifest => deployment(program, name).template.spec;
const proxy = (program: Program): Manifest => {
  program.synth();
  const objects: Manifest[] = Testing.synth(program.app.node.findChild('egress-proxy-agents') as Chart);
  return objects.find(({ kind }) => kind === 'StatefulSet').spec;
};
const hosted = { model: Model.anthropic('m', { credentials: Credentials.fromSecretName('s') }) };

describe('a rollout', () => {
  it.each(['agent', 'toolset', 'gateway'] as const)('of %s never has fewer pods than before', (kind) => {
    const program = new Program();
    program[kind]('w');
    expect(deployment(program)).toMatchObject({
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      minReadySeconds: 10,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 3,
    });
  });

  it('of the egress proxy replaces one pod after the other', () => {
    const program = new Program();
    program.agent('w', hosted);
    const { minReadySeconds, revisionHistoryLimit, updateStrategy } = proxy(program);
    expect({ minReadySeconds, revisionHistoryLimit, updateStrategy }).toEqual({
      minReadySeconds: 10,
      revisionHistoryLimit: 3,
      updateStrategy: { type: 'RollingUpdate' },
    });
    expect(proxy(program)).not.toHaveProperty('progressDeadlineSeconds');
  });

  it('goes as its options say', () => {
    const program = new Program();
    program.agent('w', {
      maxSurge: PercentOrAbsolute.percent(25),
      maxUnavailable: PercentOrAbsolute.absolute(2),
      minReady: Duration.seconds(0),
      progressDeadline: Duration.minutes(20),
      revisionHistoryLimit: 10,
    });
    expect(deployment(program)).toMatchObject({
      strategy: { rollingUpdate: { maxUnavailable: 2, maxSurge: '25%' } },
      minReadySeconds: 0,
      progressDeadlineSeconds: 1200,
      revisionHistoryLimit: 10,
    });
  });
});

describe('a pod that is to stop', () => {
  it.each(['agent', 'toolset', 'gateway'] as const)('of %s serves on for 5 s first', (kind) => {
    const program = new Program();
    program[kind]('w');
    expect(podSpec(program).containers[0].lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
  });

  it('waits by a command of Node.js where the kubelet cannot wait, without a shell', () => {
    const program = new Program('agents', ClusterProfile.generic({ kubernetesVersion: '1.29' }));
    program.agent('w', { preStopDelay: Duration.seconds(7) });
    expect(podSpec(program).containers[0].lifecycle).toEqual({
      preStop: { exec: { command: ['node', '-e', 'setTimeout(() => {}, 7000)'] } },
    });
  });

  it('stops at once without a delay', () => {
    const program = new Program();
    program.agent('w', { preStopDelay: Duration.seconds(0) });
    expect(podSpec(program).containers[0]).not.toHaveProperty('lifecycle');
    expect(podSpec(program).terminationGracePeriodSeconds).toBe(125);
  });

  it('has the grace of its delay, its longest request and 5 s', () => {
    const program = new Program();
    const agent = program.agent('w', { timeout: Duration.minutes(3), preStopDelay: Duration.seconds(20) });
    program.gateway('gateway').addRoute('r', { match: RouteMatch.agent(agent) });
    program.toolset('tools', { timeout: Duration.seconds(10) });
    expect(podSpec(program).terminationGracePeriodSeconds).toBe(20 + 180 + 5);
    expect(podSpec(program, 'gateway').terminationGracePeriodSeconds).toBe(5 + 185 + 5);
    expect(podSpec(program, 'tools').terminationGracePeriodSeconds).toBe(5 + 20 + 5);
    expect(program.document('w-config', 'agent.json').shutdown.graceMs).toBe(180_000);
  });

  it('of the egress proxy has the grace of the longest request that there may be', () => {
    const egress = Egress.proxy({ preStopDelay: Duration.seconds(10) });
    const program = new Program('agents', ClusterProfile.generic({ egress }));
    program.agent('w', hosted);
    const { spec } = proxy(program).template;
    expect(spec.terminationGracePeriodSeconds).toBe(10 + 900 + 5);
    expect(spec.containers[0].lifecycle).toEqual({ preStop: { sleep: { seconds: 10 } } });
  });

  it('may have more', () => {
    const program = new Program();
    program.agent('w', { terminationGracePeriod: Duration.minutes(10) });
    expect(podSpec(program).terminationGracePeriodSeconds).toBe(600);
  });
});
