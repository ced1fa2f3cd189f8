import { Chart } from 'cdk8s';
import { ServiceAccount } from 'cdk8s-plus-29';
import { Credentials, Model } from 'agentyard';
import { Program, warningsOf } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const ROLE = 'arn:aws:iam::111122223333:role/support';
const KEY = 'eks.amazonaws.com/role-arn';
const model = Model.bedrock('m', { region: 'eu-west-1', credentials: Credentials.fromIamRole(ROLE) });

describe('a ServiceAccount of cdk8s-plus', () => {
  it('is used instead of one of the workload’s own', () => {
    const program = new Program();
    const serviceAccount = new ServiceAccount(program.chart, 'account', { metadata: { name: 'shared' } });
    program.agent('w', { serviceAccount });
    expect(program.object('Deployment', 'w').spec.template.spec.serviceAccountName).toBe('shared');
    const accounts = program.synth().filter(({ kind }) => kind === 'ServiceAccount');
    expect(accounts.map(({ metadata }) => metadata.name)).toEqual(['shared', 'program-trust']);
  });

  it('carries the annotation of the credentials itself, wherever in the program it gets it', () => {
    const program = new Program();
    const serviceAccount = new ServiceAccount(program.chart, 'account', { metadata: { name: 'shared' } });
    const warnings = warningsOf(() => program.agent('w', { serviceAccount, model }));
    expect(() => program.synth()).toThrow(/\[SERVICE_ACCOUNT_INVALID\] chart\/w: its ServiceAccount "shared" lacks/);
    serviceAccount.metadata.addAnnotation(KEY, ROLE);
    expect(() => program.synth()).not.toThrow();
    expect(warnings).toBe('');
  });

  it('of the cluster cannot be read, so what it needs is a warning', () => {
    const program = new Program();
    const serviceAccount = ServiceAccount.fromServiceAccountName(program.chart, 'account', 'shared');
    expect(warningsOf(() => program.agent('w', { serviceAccount, model }))).toMatch(
      `warning [SERVICE_ACCOUNT_FOREIGN] chart/w: its ServiceAccount "shared" is made elsewhere, and its credentials need an annotation there. Annotate it: ${KEY}: ${ROLE}.`,
    );
    expect(program.object('Deployment', 'w').spec.template.spec.serviceAccountName).toBe('shared');
  });

  it('must be of the same namespace', () => {
    const program = new Program();
    const other = new Chart(program.app, 'other', { namespace: 'other' });
    const serviceAccount = new ServiceAccount(other, 'account', { metadata: { name: 'shared' } });
    program.agent('w', { serviceAccount });
    expect(() => program.synth()).toThrow('"shared" is in the namespace "other", its pods are in "agents"');
  });

  it('is one for each service that calls others, since that is how they are known', () => {
    const program = new Program();
    const serviceAccount = new ServiceAccount(program.chart, 'account', { metadata: { name: 'shared' } });
    program.agent('one', { serviceAccount });
    program.agent('two', { serviceAccount });
    expect(() => program.synth()).toThrow(
      '[SERVICE_ACCOUNT_INVALID] chart/two: its ServiceAccount is that of chart/one',
    );
  });
});

describe('what pods may do in the Kubernetes API', () => {
  it('is a Role in their namespace, bound to their ServiceAccount, with the way to the API server and a token', () => {
    const program = new Program();
    const rule = { resources: ['pods', 'pods/log'], verbs: ['get', 'list'] };
    program.agent('support').grantKubernetes(rule);
    expect(program.object('Role', 'support').rules).toEqual([{ apiGroups: [''], ...rule }]);
    expect(program.object('RoleBinding', 'support')).toMatchObject({
      metadata: { labels: { 'agentyard.dev/app': 'program' } },
      roleRef: { kind: 'Role', name: 'support' },
      subjects: [{ kind: 'ServiceAccount', name: 'support', namespace: 'agents' }],
    });
    expect(program.object('Deployment', 'support').spec.template.spec.automountServiceAccountToken).toBe(true);
    const { egress } = program.object('NetworkPolicy', 'support').spec;
    expect(egress).toEqual([{ to: [{ ipBlock: { cidr: '10.0.0.1/32' } }], ports: [{ protocol: 'TCP', port: 6443 }] }]);
  });

  it('several rules stand in one Role', () => {
    const program = new Program();
    const agent = program.agent('support');
    agent.grantKubernetes({ resources: ['pods'], verbs: ['get'] });
    agent.grantKubernetes({ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'], resourceNames: ['web'] });
    expect(program.object('Role', 'support').rules).toHaveLength(2);
  });
});
