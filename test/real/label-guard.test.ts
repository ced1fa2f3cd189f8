import { App, Chart, Testing } from 'cdk8s';
import { Agent, AppId, ClusterProfile, Credentials, Deployer, LabelGuard, Model, Prompt } from 'agentyard';
import { ApiError, type ApiRequest, type ApiServer, type KubernetesObject } from '../cluster/api-server';
import { apply } from '../cluster/apply';
import { START_TIMEOUT, startCluster, type Cluster } from '../cluster/control-plane';
import { until } from '../cluster/until';

jest.setTimeout(120_000);

const GUARDED = 'guarded';
const REFUSAL = 'the label agentyard.dev/runtime is for workloads of Agentyard';
const POSING = { 'app.kubernetes.io/name': 'support', 'agentyard.dev/runtime': 'agent' };
const OTHER = { app: 'own' };
/** A container that `restricted` admits. */
const CONTAINER = { name: 'main', image: 'registry.example.com/own:1' };

type Labels = Record<string, string>;

const pod = (name: string, labels: Labels, namespace = GUARDED): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels },
  spec: { containers: [CONTAINER] },
});
const template = (labels: Labels) => ({
  metadata: { labels },
  spec: { containers: [CONTAINER], restartPolicy: 'Always' },
});
const controller = (apiVersion: string, kind: string, labels: Labels): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: 'own', namespace: GUARDED },
  spec: { selector: kind === 'ReplicationController' ? labels : { matchLabels: labels }, template: template(labels) },
});
const job = (labels: Labels) => ({
  template: { ...template(labels), spec: { ...template(labels).spec, restartPolicy: 'Never' } },
});
const batch = (kind: string, spec: object): KubernetesObject => ({
  apiVersion: 'batch/v1',
  kind,
  metadata: { name: 'own', namespace: GUARDED },
  spec,
});

/** Users with all rights there are, so that only admission stands between them and a pod with our labels. */
describe('a label guard', () => {
  let cluster: Cluster;
  let platformTeam: ApiServer;
  let mallory: ApiServer;

  beforeAll(async () => {
    cluster = await startCluster();
    const { api } = cluster;
    platformTeam = api.as('platform-team');
    mallory = api.as('mallory');
    for (const name of [GUARDED, 'elsewhere'])
      await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await api.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'label-guard-test' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: ['platform-team', 'mallory'].map((name) => ({
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'User',
        name,
      })),
    });
    for (const object of platform()) await apply(platformTeam, object);
    await until('the guard is in force', async () => ((await refusal(mallory, pod('try', POSING))) ? true : undefined));
  }, START_TIMEOUT);
  afterAll(() => cluster?.stop());

  /** The guard stands before the agent, as it would from an earlier apply. */
  function platform(): KubernetesObject[] {
    const app = new App();
    AppId.of('platform').applyTo(app);
    ClusterProfile.generic({ apiServer: { cidrs: ['10.0.0.1/32'] } }).applyTo(app);
    const chart = new Chart(app, 'chart', { namespace: GUARDED });
    const deployers = [Deployer.user('platform-team'), Deployer.group('platform-admins')];
    new LabelGuard(chart, 'platform-labels', { deployers });
    const model = Model.anthropic('m', { credentials: Credentials.fromSecretName('anthropic') });
    new Agent(chart, 'support', { prompt: Prompt.fromText('You help.'), model });
    app.synthYaml();
    return app.charts.flatMap((each) => Testing.synth(each) as KubernetesObject[]);
  }

  /** In whose words a dry run is refused; nothing if it is admitted. */
  async function refusal(api: ApiServer, object: KubernetesObject): Promise<string | undefined> {
    try {
      await api.create(object, { dryRun: 'All' });
      return undefined;
    } catch (error) {
      if (error instanceof ApiError) return error.message;
      throw error;
    }
  }

  function patched(path: string, body: object, contentType = 'application/merge-patch+json') {
    return refused({ method: 'PATCH', path, body, contentType });
  }

  const posted = (path: string, body: object) => refused({ method: 'POST', path, body });

  /** In whose words mallory's request is refused as a dry run; nothing if it is admitted. */
  async function refused(request: ApiRequest): Promise<string | undefined> {
    try {
      await mallory.request({ ...request, query: { dryRun: 'All' } });
      return undefined;
    } catch (error) {
      if (error instanceof ApiError) return error.message;
      throw error;
    }
  }

  async function podOf(runtime: string): Promise<string> {
    return until(`the ${runtime} has a pod`, async () => {
      const { items } = await cluster.api.get(`/api/v1/namespaces/${GUARDED}/pods`);
      const found = (items as KubernetesObject[]).find(
        ({ metadata }) => metadata.labels?.['agentyard.dev/runtime'] === runtime,
      );
      return found?.metadata.name;
    });
  }

  it('lets the deployers make workloads, and the controllers of Kubernetes their pods', async () => {
    expect(await podOf('agent')).toMatch(/^support-/);
    expect(await podOf('identity')).toMatch(/^platform-trust-/);
  });

  it.each<[string, (labels: Labels) => KubernetesObject]>([
    ['Pod', (labels) => pod('own', labels)],
    ['Deployment', (labels) => controller('apps/v1', 'Deployment', labels)],
    ['ReplicaSet', (labels) => controller('apps/v1', 'ReplicaSet', labels)],
    ['DaemonSet', (labels) => controller('apps/v1', 'DaemonSet', labels)],
    ['StatefulSet', (labels) => controller('apps/v1', 'StatefulSet', labels)],
    ['ReplicationController', (labels) => controller('v1', 'ReplicationController', labels)],
    ['Job', (labels) => batch('Job', job(labels))],
    ['CronJob', (labels) => batch('CronJob', { schedule: '* * * * *', jobTemplate: { spec: job(labels) } })],
  ])('refuses a %s with the labels of a workload, and no other', async (_, make) => {
    expect(await refusal(mallory, make(POSING))).toContain(REFUSAL);
    expect(await refusal(mallory, make(OTHER))).toBeUndefined();
  });

  it('refuses what makes other code run in the pods of a workload', async () => {
    const running = `/api/v1/namespaces/${GUARDED}/pods/${await podOf('agent')}`;
    const deployment = `/apis/apps/v1/namespaces/${GUARDED}/deployments/support`;
    const image = { containers: [{ name: 'runtime', image: 'registry.example.com/evil:1' }] };
    const strategic = 'application/strategic-merge-patch+json';
    expect(await patched(running, { spec: image }, strategic)).toContain(REFUSAL);
    expect(await patched(deployment, { spec: { template: { spec: image } } }, strategic)).toContain(REFUSAL);
    const debug = { spec: { ephemeralContainers: [{ name: 'debug', image: 'registry.example.com/evil:1' }] } };
    expect(await patched(`${running}/ephemeralcontainers`, debug, strategic)).toContain(REFUSAL);
  });

  it('refuses a pod that takes the labels later', async () => {
    await mallory.create(pod('innocent', OTHER));
    expect(await patched(`/api/v1/namespaces/${GUARDED}/pods/innocent`, { metadata: { labels: POSING } })).toContain(
      REFUSAL,
    );
  });

  it('refuses to take the labels off a pod, which would be free of its policies', async () => {
    const off = { metadata: { labels: { 'agentyard.dev/runtime': null } } };
    expect(await patched(`/api/v1/namespaces/${GUARDED}/pods/${await podOf('agent')}`, off)).toContain(REFUSAL);
  });

  it('refuses labels that come by way of a status or of a binding', async () => {
    await mallory.create(pod('bystander', OTHER));
    const path = `/api/v1/namespaces/${GUARDED}/pods/bystander`;
    expect(await patched(`${path}/status`, { metadata: { labels: POSING } })).toContain(REFUSAL);
    const binding = (labels: Labels) => ({
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'bystander', labels },
      target: { kind: 'Node', name: 'node-1' },
    });
    for (const target of [`${path}/binding`, `/api/v1/namespaces/${GUARDED}/bindings`]) {
      expect(await posted(target, binding(POSING))).toContain(REFUSAL);
      expect(await posted(target, binding(OTHER))).toBeUndefined();
    }
  });

  it('refuses to choose another revision for the pods of a StatefulSet', async () => {
    const status = { status: { replicas: 2, currentRevision: 'foreign' } };
    const path = `/apis/apps/v1/namespaces/${GUARDED}/statefulsets/egress-proxy/status`;
    expect(await patched(path, status)).toContain(REFUSAL);
  });

  it('lets kubelets tell how pods are', async () => {
    const path = `/api/v1/namespaces/${GUARDED}/pods/${await podOf('agent')}/status`;
    expect(await patched(path, { status: { phase: 'Running' } })).toBeUndefined();
  });

  it('leaves alone what changes no code: annotations, the number of pods, deletion', async () => {
    const name = await podOf('agent');
    const deployment = `/apis/apps/v1/namespaces/${GUARDED}/deployments/support`;
    const annotated = { metadata: { annotations: { note: 'seen' } } };
    expect(await patched(`/api/v1/namespaces/${GUARDED}/pods/${name}`, annotated)).toBeUndefined();
    expect(await patched(deployment, annotated)).toBeUndefined();
    expect(await patched(`${deployment}/scale`, { spec: { replicas: 3 } })).toBeUndefined();
    expect(await patched(deployment, { spec: { replicas: 3 } })).toBeUndefined();
    await mallory.delete(pod(name, {}));
    await until('the controller has made another pod', async () =>
      (await podOf('agent')) === name ? undefined : true,
    );
  });

  it('is in force in the namespaces of the program alone', async () => {
    expect(await refusal(mallory, pod('own', POSING, 'elsewhere'))).toBeUndefined();
  });
});
