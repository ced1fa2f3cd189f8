import { Testing, type Chart } from 'cdk8s';
import { Credentials, Model, TopologySpread } from 'agentyard';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const spread = (program: Program): Manifest =>
  program.object('Deployment', 'w').spec.template.spec.topologySpreadConstraints;

describe('topology spread', () => {
  it('is preferred over zones and nodes, and counts the pods of the workload in their newest revision', () => {
    const program = new Program();
    program.agent('w');
    const rule = (topologyKey: string) => ({
      topologyKey,
      maxSkew: 1,
      whenUnsatisfiable: 'ScheduleAnyway',
      nodeTaintsPolicy: 'Honor',
      labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'w', 'agentyard.dev/runtime': 'agent' } },
      matchLabelKeys: ['pod-template-hash'],
    });
    expect(spread(program)).toEqual([rule('topology.kubernetes.io/zone'), rule('kubernetes.io/hostname')]);
  });

  it('of a StatefulSet does not ask for a label that only Deployments give', () => {
    const program = new Program();
    program.agent('w', { model: Model.anthropic('m', { credentials: Credentials.fromSecretName('s') }) });
    program.synth();
    const objects: Manifest[] = Testing.synth(program.app.node.findChild('egress-proxy-agents') as Chart);
    const { template } = objects.find(({ kind }) => kind === 'StatefulSet').spec;
    expect(template.spec.topologySpreadConstraints).toHaveLength(2);
    for (const rule of template.spec.topologySpreadConstraints) {
      expect(rule).not.toHaveProperty('matchLabelKeys');
      expect(template.metadata.labels).toMatchObject(rule.labelSelector.matchLabels);
    }
  });

  it('may be required, over any label of nodes', () => {
    const program = new Program();
    program.agent('w', {
      topologySpread: [TopologySpread.required('example.com/rack', 2), TopologySpread.preferred('example.com/rack')],
    });
    expect(spread(program)).toMatchObject([
      { topologyKey: 'example.com/rack', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule' },
      { topologyKey: 'example.com/rack', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' },
    ]);
  });

  it('may be none', () => {
    const program = new Program();
    program.agent('w', { topologySpread: [] });
    expect(spread(program)).toBeUndefined();
  });
});
