import { Testing, type Chart } from 'cdk8s';
import { Autoscaling, Credentials, DisruptionBudget, Model } from 'agentyard';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const budget = (program: Program): Manifest => program.object('PodDisruptionBudget', 'w').spec;

describe('disruption budgets', () => {
  it.each([
    ['agent', 'agent'],
    ['toolset', 'sandbox'],
    ['gateway', 'gateway'],
  ] as const)('let one pod of %s go at a time, and one that is not ready at any time', (kind, runtime) => {
    const program = new Program();
    program[kind]('w');
    expect(budget(program)).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: { 'app.kubernetes.io/name': 'w', 'agentyard.dev/runtime': runtime } },
    });
  });

  it('keep a proxy that takes its new lists while the other one is drained', () => {
    const program = new Program();
    program.agent('w', { model: Model.anthropic('m', { credentials: Credentials.fromSecretName('s') }) });
    program.synth();
    const objects: Manifest[] = Testing.synth(program.app.node.findChild('egress-proxy-agents') as Chart);
    expect(objects.find(({ kind }) => kind === 'PodDisruptionBudget').spec).toMatchObject({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'IfHealthyBudget',
    });
  });

  it.each<[string, DisruptionBudget, object]>([
    ['a number that may be gone', DisruptionBudget.maxUnavailable(2), { maxUnavailable: 2 }],
    ['a share that may be gone', DisruptionBudget.maxUnavailablePercent(25), { maxUnavailable: '25%' }],
    ['a number that stays', DisruptionBudget.minAvailable(3), { minAvailable: 3 }],
  ])('take %s', (_, disruptionBudget, expected) => {
    const program = new Program();
    program.gateway('w', { replicas: 4, disruptionBudget });
    const { selector: _selector, unhealthyPodEvictionPolicy: _policy, ...bounds } = budget(program);
    expect(bounds).toEqual(expected);
  });

  it('count the fewest pods of an autoscaler', () => {
    const program = new Program();
    const autoscaling = Autoscaling.cpu({ minReplicas: 3, maxReplicas: 9, targetCpuUtilization: 80 });
    program.gateway('w', { autoscaling, disruptionBudget: DisruptionBudget.minAvailable(2) });
    expect(budget(program).minAvailable).toBe(2);
  });

  it('may be left out', () => {
    const program = new Program();
    program.agent('w', { disruptionBudget: DisruptionBudget.none() });
    expect(program.synth().map(({ kind }) => kind)).not.toContain('PodDisruptionBudget');
  });
});
