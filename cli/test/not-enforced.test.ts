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

  it('is what the kernel does not do for the tools of a sandbox, as that says itself', async () => {
    stage = await Stage.open([
      ...workload('sandbox', 'logs', { document: { inactive: ['landlock-files', 'landlock-scopes'] } }),
      ...workload('sandbox', 'mail', { document: { inactive: [] } }),
    ]);
    const platform = await stage.start();
    const line = 'isolation of tools by the kernel (landlock-files, landlock-scopes): logs';
    expect(platform.notEnforced).toEqual([line]);
    expect(banner(platform, false)).toContain(line);
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
      'rights of service accounts: support',
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

  const object = (apiVersion: string, kind: string, name: string, spec: object, labels = {}) => ({
    apiVersion,
    kind,
    metadata: { name, labels },
    spec,
  });
  const target = (name: string) => ({ scaleTargetRef: { kind: 'Deployment', name } });

  it('is how many replicas an autoscaler keeps at least', async () => {
    stage = await Stage.open([
      ...workload('agent', 'support', { document: {}, replicas: null }),
      ...workload('agent', 'sales', { document: {}, replicas: null }),
      ...workload('agent', 'legal', { document: {}, replicas: null }),
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'support', { ...target('support'), minReplicas: 2 }),
      object('keda.sh/v1alpha1', 'ScaledObject', 'sales', { scaleTargetRef: { name: 'sales' }, minReplicaCount: 3 }),
    ]);
    const platform = await stage.start({ replicas: { sales: 3 } });
    expect(platform.workloads.map(({ name, replicas }) => [name, replicas])).toEqual([
      ['support', 1],
      ['sales', 3],
      ['legal', 1],
    ]);
    expect(platform.notEnforced).toEqual([
      'replicas: support 1 instead of 2 or more, sales 3 instead of 3 or more',
      'HorizontalPodAutoscaler: 1 object',
      'ScaledObject: 1 object',
    ]);
  });

  it('is egress by name, whose proxy is not started, and every policy of another kind', async () => {
    const labels = { 'agentyard.dev/runtime': 'egress-proxy', 'app.kubernetes.io/name': 'egress-proxy' };
    const pods = { template: { metadata: { labels }, spec: { containers: [{ name: 'runtime' }] } } };
    const ports = [{ name: 'list-12345', port: 12345, targetPort: 12345 }];
    stage = await Stage.open([
      ...workload('agent', 'support', { document: {} }),
      object('apps/v1', 'StatefulSet', 'egress-proxy', { replicas: 2, ...pods }, labels),
      object('v1', 'Service', 'egress-proxy', { selector: labels, ports }, labels),
      object('apps/v1', 'StatefulSet', 'postgres', pods),
      object('cilium.io/v2', 'CiliumNetworkPolicy', 'support', {}),
      object('policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', 'support', {}),
      object('monitoring.coreos.com/v1', 'ServiceMonitor', 'support', {}),
    ]);
    const platform = await stage.start();
    expect(platform.workloads.map(({ name }) => name)).toEqual(['support']);
    expect(platform.notEnforced).toEqual([
      'egress by host name (no egress proxy is started): egress-proxy',
      'CiliumNetworkPolicy: 1 object',
      'ClusterNetworkPolicy: 1 object',
      'ServiceMonitor: 1 object',
      'StatefulSet: 1 object',
    ]);
  });
});
