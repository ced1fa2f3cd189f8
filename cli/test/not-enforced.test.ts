import { banner } from '../src/dev/banner';
import { gateway, workload } from './fixtures/manifests';
import { Stage } from './fixtures/stage';

const policy = (name: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name },
  spec: {},
});

describe('what is said not to be enforced', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('is nothing when the manifests ask for nothing', async () => {
    stage = await Stage.open(workload('agent', 'support', { document: {} }));
    const platform = await stage.start();
    expect(platform.notEnforced).toEqual([]);
    expect(banner(platform, false)).not.toContain('Not enforced');
  });

  it('is what the manifests ask for, by workload or count', async () => {
    stage = await Stage.open([
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'default', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      },
      policy('a'),
      policy('b'),
      { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'a' }, spec: {} },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'postgres' },
        spec: { template: { spec: { containers: [{ name: 'db' }] } } },
      },
      ...workload('agent', 'support', {
        document: {},
        replicas: 3,
        pod: {
          serviceAccountName: 'support',
          securityContext: { runAsNonRoot: true },
          nodeSelector: { disk: 'fast' },
          terminationGracePeriodSeconds: 60,
        },
        container: { image: 'agent:1', resources: { limits: { memory: '1Gi' } }, livenessProbe: {} },
      }),
      ...gateway('gateway', {}, { replicas: 2 }),
    ]);
    const platform = await stage.start({ replicas: { gateway: 2 } });
    expect(platform.notEnforced).toEqual([
      'replicas: support 1 instead of 3',
      'container images (the runtimes of this checkout run instead): support',
      'pod and container security contexts: support',
      'resource requests and limits: support',
      'service accounts: support',
      'node selection and spreading: support',
      'liveness and startup probes: support',
      'lifecycle hooks and termination grace periods (10 s here): support',
      'Deployments of no runtime (not started): postgres',
      'Pod Security labels: default',
      'NetworkPolicy: 2 objects',
      'PodDisruptionBudget: 1 object',
    ]);
    expect(banner(platform, false)).toContain('Not enforced locally:\n  - replicas: support 1 instead of 3\n');
  });
});
