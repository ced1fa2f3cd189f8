import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ApiServer, KubernetesObject } from '../cluster/api-server';
import { START_TIMEOUT, startCluster, type Cluster } from '../cluster/control-plane';
import { ManifestSet } from '../cluster/manifest-set';
import { manifestFolders } from '../cluster/manifests';
import { programs, synthesize } from '../cluster/programs';
import { until } from '../cluster/until';

const GOLDEN = path.join(__dirname, '../apps/golden');
/** Its pods are made by its deployers alone. */
const GUARDED = 'guarded';
const NAMESPACE = 'agentyard-test';
const LABELS = { app: 'example' };

jest.setTimeout(120_000);

let cluster: Cluster;
let api: ApiServer;

beforeAll(async () => {
  cluster = await startCluster();
  api = cluster.api;
}, START_TIMEOUT);
afterAll(() => cluster?.stop());

const named = (apiVersion: string, kind: string, name: string): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: NAMESPACE },
});

/** A container that `restricted` admits. */
const container = {
  name: 'main',
  image: 'registry.example.com/main:1',
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  },
};

const deployment = (main: object): KubernetesObject => ({
  ...named('apps/v1', 'Deployment', 'example'),
  spec: {
    replicas: 2,
    selector: { matchLabels: LABELS },
    template: { metadata: { labels: LABELS }, spec: { containers: [main] } },
  },
});

describe('manifests, applied strictly where Pod Security `restricted` is enforced', () => {
  let outdir: string;
  beforeEach(() => (outdir = mkdtempSync(path.join(tmpdir(), 'manifests-'))));
  afterEach(() => rmSync(outdir, { recursive: true, force: true }));

  /** Applies everything twice, has a pod of each workload admitted, and deletes everything. */
  async function expectApplicable(folder: string, deployer = api): Promise<void> {
    const manifests = ManifestSet.read(deployer, folder);
    expect(manifests.objects.length).toBeGreaterThan(0);
    try {
      expect(await manifests.apply()).toEqual([]);
      expect(await manifests.changedByApplyingAgain()).toEqual([]);
      expect((await manifests.admitPods()).length).toBeGreaterThan(0);
    } finally {
      await manifests.remove();
    }
  }

  it.each(programs().map((program) => [program.file, program.environment, program]))(
    '%s %j',
    async (_file, _environment, program) => {
      synthesize(program, outdir);
      await expectApplicable(outdir);
    },
  );

  const folders = manifestFolders(GOLDEN).map((folder) => path.relative(GOLDEN, folder));
  it.each(folders.filter((folder) => folder !== GUARDED))('golden %s', async (folder) => {
    await expectApplicable(path.join(GOLDEN, folder));
  });

  // Last: a guard is in force for a moment after it has been deleted.
  it(`golden ${GUARDED}, by the deployer whom it names`, async () => {
    const deployer = 'system:serviceaccount:argocd:argocd-application-controller';
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'agentyard-test-deployer' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: deployer }],
    };
    await api.create(binding);
    try {
      await expectApplicable(path.join(GOLDEN, GUARDED), api.as(deployer));
    } finally {
      await api.delete(binding);
    }
  });
});

describe('custom resources', () => {
  const podSelector = { matchLabels: LABELS };
  const ports = [{ protocol: 'TCP', port: 443 }];
  const host = 'api.example.com';
  const domain = (egressPeer: object): KubernetesObject => ({
    ...named('networking.k8s.aws/v1alpha1', 'ApplicationNetworkPolicy', 'example'),
    spec: { podSelector, policyTypes: ['Egress'], egress: [{ to: [egressPeer], ports }] },
  });
  const clusterWide = { apiVersion: 'policy.networking.k8s.io/v1alpha2', kind: 'ClusterNetworkPolicy' };
  const resources: KubernetesObject[] = [
    {
      ...named('cilium.io/v2', 'CiliumNetworkPolicy', 'example'),
      spec: {
        endpointSelector: podSelector,
        egress: [{ toFQDNs: [{ matchName: host }], toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] }],
      },
    },
    {
      ...named('networking.gke.io/v1alpha1', 'FQDNNetworkPolicy', 'example'),
      spec: { podSelector, egress: [{ matches: [{ name: host }], ports }] },
    },
    domain({ domainNames: [host, '*.example.com'] }),
    {
      ...clusterWide,
      metadata: { name: 'agentyard-test' },
      spec: {
        tier: 'Admin',
        priority: 10,
        subject: { pods: { namespaceSelector: {}, podSelector } },
        egress: [{ action: 'Accept', to: [{ domainNames: [host] }] }],
      },
    },
    {
      ...named('keda.sh/v1alpha1', 'ScaledObject', 'example'),
      spec: { scaleTargetRef: { name: 'example' }, triggers: [{ type: 'cpu', metadata: { value: '50' } }] },
    },
    {
      ...named('monitoring.coreos.com/v1', 'PodMonitor', 'example'),
      spec: { selector: podSelector, podMetricsEndpoints: [{ port: 'metrics' }] },
    },
    {
      ...named('gateway.networking.k8s.io/v1', 'HTTPRoute', 'example'),
      spec: { parentRefs: [{ name: 'front' }], rules: [{ backendRefs: [{ name: 'example', port: 80 }] }] },
    },
  ];
  let manifests: ManifestSet;
  afterEach(() => manifests.remove());

  it.each(resources.map((resource) => [resource.kind, resource]))('of kind %s are served', async (_, resource) => {
    manifests = new ManifestSet(api, [resource]);
    expect(await manifests.apply()).toEqual([]);
    expect(await manifests.changedByApplyingAgain()).toEqual([]);
  });

  it('of EKS: domain names stand alone in a peer', async () => {
    manifests = new ManifestSet(api, [domain({ domainNames: [host], podSelector })]);
    await expect(manifests.apply()).rejects.toThrow('podSelector and domainNames exclude each other');
  });
});

describe('what applying finds', () => {
  let manifests: ManifestSet;
  const set = (...objects: KubernetesObject[]): ManifestSet => (manifests = new ManifestSet(api, objects));
  afterEach(() => manifests.remove());

  it('a field that the API does not know', async () => {
    const misspelt = deployment({ ...container, imagePullpolicy: 'Always' });
    await expect(set(misspelt).apply()).rejects.toThrow(/imagePullpolicy.*field not declared in schema/);
  });

  it('a custom resource with a field that its CRD does not know', async () => {
    const policy = { ...named('cilium.io/v2', 'CiliumNetworkPolicy', 'example'), spec: { endpointSelektor: {} } };
    await expect(set(policy).apply()).rejects.toThrow(/endpointSelektor/);
  });

  it('a pod that Pod Security refuses, of which it only warns at the Deployment', async () => {
    const privileged = deployment({ ...container, securityContext: { privileged: true } });
    expect(await set(privileged).apply()).toEqual([expect.stringMatching(/^Deployment .*would violate PodSecurity/)]);
    await expect(manifests.admitPods()).rejects.toThrow(/violates PodSecurity "restricted:latest": privileged/);
  });

  it('a namespace that asks for a lower level', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } };
    await expect(set(namespace).apply()).rejects.toThrow(/conflict.*agentyard-test-cluster/);
  });

  it('a deprecated version, of which the API server warns', async () => {
    const endpoints = named('v1', 'Endpoints', 'example');
    expect(await set(endpoints).apply()).toEqual([expect.stringMatching(/^Endpoints .*deprecated/)]);
  });

  it('two manifests of one object, which undo each other', async () => {
    const configMap = named('v1', 'ConfigMap', 'example');
    await set({ ...configMap, data: { key: 'one' } }, { ...configMap, data: { key: 'two' } }).apply();
    const both = `ConfigMap ${NAMESPACE}/example`;
    expect(await manifests.changedByApplyingAgain()).toEqual([both, both]);
  });

  it('a namespace that is somebody else’s', async () => {
    await set(named('v1', 'ConfigMap', 'one')).apply();
    const other = new ManifestSet(api, [named('v1', 'ConfigMap', 'two')]);
    await expect(other.apply()).rejects.toThrow(`a namespace "${NAMESPACE}" already`);
    await other.remove();
    expect(await api.read(named('v1', 'ConfigMap', 'one'))).toBeDefined();
  });
});

describe('the cluster', () => {
  let manifests: ManifestSet;
  const applied = (...objects: KubernetesObject[]): Promise<string[]> =>
    (manifests = new ManifestSet(api, objects)).apply();
  afterEach(() => manifests.remove());

  const list = async (path: string): Promise<KubernetesObject[]> =>
    (await api.get(path.replace('/*/', `/namespaces/${NAMESPACE}/`))).items as KubernetesObject[];

  it('makes a Deployment’s pods, and collects them when it is deleted', async () => {
    const pods = (): Promise<KubernetesObject[]> => list('/api/v1/*/pods');
    await applied(deployment(container));
    await until('the pods are there', async () => ((await pods()).length === 2 ? true : undefined));
    await api.delete(deployment(container));
    await until('the pods are collected', async () => ((await pods()).length === 0 ? true : undefined));
    expect(await list('/apis/apps/v1/*/replicasets')).toEqual([]);
  });

  it('publishes the address of a ready pod as its Service’s endpoint', async () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'agentyard-test' } };
    const service = { ...named('v1', 'Service', 'example'), spec: { selector: LABELS, ports: [{ port: 80 }] } };
    const pod = named('v1', 'Pod', 'example');
    const labelled = { ...pod, metadata: { ...pod.metadata, labels: LABELS } };
    // There is no kubelet that would end the pod gracefully.
    const spec = { nodeName: node.metadata.name, terminationGracePeriodSeconds: 0, containers: [container] };
    await applied(node, service, { ...labelled, spec });
    await api.request({
      method: 'PATCH',
      path: `${await api.pathOf(pod)}/status`,
      contentType: 'application/merge-patch+json',
      body: {
        status: { podIP: '10.1.2.3', podIPs: [{ ip: '10.1.2.3' }], conditions: [{ type: 'Ready', status: 'True' }] },
      },
    });
    const endpoint = await until(
      'the Service has an endpoint',
      async () => (await list('/apis/discovery.k8s.io/v1/*/endpointslices'))[0]?.endpoints?.[0] as object | undefined,
    );
    expect(endpoint).toMatchObject({ addresses: ['10.1.2.3'], conditions: { ready: true } });
  });

  it('issues a ServiceAccount’s token for one audience, which no other accepts', async () => {
    const account = named('v1', 'ServiceAccount', 'caller');
    await applied(account);
    const audience = `agentyard:${NAMESPACE}/log-analysis`;
    const { body } = await api.request({
      method: 'POST',
      path: `${await api.pathOf(account)}/token`,
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: [audience], expirationSeconds: 600 },
      },
    });
    const review = async (audiences: string[]): Promise<unknown> => {
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: { name: '' } };
      return (await api.create({ ...request, spec: { token: body.status.token, audiences } })).status;
    };
    expect(await review([audience])).toMatchObject({
      authenticated: true,
      audiences: [audience],
      user: { username: `system:serviceaccount:${NAMESPACE}:caller` },
    });
    expect(await review(['agentyard:elsewhere/log-analysis'])).not.toMatchObject({ authenticated: true });
  });
});
