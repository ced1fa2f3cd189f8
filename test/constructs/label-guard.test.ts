import { Chart } from 'cdk8s';
import { Deployer, LabelGuard } from 'agentyard';
import { Program } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

function guarded(deployers: Deployer[]): Program {
  const program = new Program('agents');
  new LabelGuard(program.chart, 'platform-labels', { deployers });
  program.agent('support');
  program.agent('sales', {}, new Chart(program.app, 'other', { namespace: 'sales' }));
  return program;
}

describe('a label guard', () => {
  const deployers = [
    Deployer.user('jane@example.com'),
    Deployer.group('platform "admins"'),
    Deployer.serviceAccount('argocd', 'application-controller'),
  ];

  it('is a policy of the whole cluster that fails closed', () => {
    const policy = guarded(deployers).object('ValidatingAdmissionPolicy', 'platform-labels');
    expect(policy.metadata.namespace).toBeUndefined();
    expect(policy.spec.failurePolicy).toBe('Fail');
    expect(policy.spec.validations).toHaveLength(1);
  });

  it('trusts the deployers and the controllers that work for them, and nobody else', () => {
    const { spec } = guarded(deployers).object('ValidatingAdmissionPolicy', 'platform-labels');
    const { expression } = spec.variables.find(({ name }: { name: string }) => name === 'trusted');
    expect(expression).toBe(
      'request.userInfo.username in ["system:kube-controller-manager", ' +
        '"system:serviceaccount:kube-system:deployment-controller", ' +
        '"system:serviceaccount:kube-system:replicaset-controller", ' +
        '"system:serviceaccount:kube-system:statefulset-controller", ' +
        '"system:serviceaccount:kube-system:cronjob-controller", ' +
        '"system:serviceaccount:kube-system:job-controller", ' +
        '"jane@example.com", "system:serviceaccount:argocd:application-controller"] || ' +
        'request.userInfo.?groups.orValue([]).exists(g, g in ["platform \\"admins\\""])',
    );
  });

  it('is in force in all namespaces with workloads of the program', () => {
    const binding = guarded(deployers).object('ValidatingAdmissionPolicyBinding', 'platform-labels');
    expect(binding.metadata.namespace).toBeUndefined();
    expect(binding.spec).toEqual({
      policyName: 'platform-labels',
      validationActions: ['Deny'],
      matchResources: {
        namespaceSelector: {
          matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['agents', 'sales'] }],
        },
      },
    });
  });

  it('is in force where it is told, also in a program without workloads', () => {
    const program = new Program('platform');
    new LabelGuard(program.chart, 'labels', { deployers, namespaces: ['agents', 'tools'] });
    const { spec } = program.object('ValidatingAdmissionPolicyBinding', 'labels');
    expect(spec.matchResources.namespaceSelector.matchExpressions[0].values).toEqual(['agents', 'tools']);
  });
});
