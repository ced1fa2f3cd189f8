import { App, Chart, Testing } from 'cdk8s';
import { Agent, AppId, Deployer, LabelGuard, Model, Prompt } from 'agentyard';
import { ApiError, type ApiServer, type KubernetesObject } from '../cluster/api-server';
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
    const chart = new Chart(app, 'chart', { namespace: GUARDED });
    const deployers = [Deployer.user('platform-team'), Deployer.group('platform-admins')];
    new LabelGuard(chart, 'platform-labels', { deployers });
    new Agent(chart, 'support', { prompt: Prompt.fromText('You help.'), model: Model.scripted([{ say: 'yes' }]) });
    app.synthYaml();
    return Testing.synth(chart) as KubernetesObject[];
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

  async function patched(path: string, body: object, contentType = 'application/merge-patch+json') {
    try {
      await mallory.request({ method: 'PATCH', path, body, contentType, query: { dryRun: 'All' } });
      return undefined;
    } catch (error) {
      if (error instanceof ApiError) return error.message;
      throw error;
    }
  }

  async function podOfSupport(): Promise<string> {
    return until('the agent has a pod', async () => {
      const { items } = await cluster.api.get(`/api/v1/namespaces/${GUARDED}/pods`);
      const found = (items as KubernetesObject[]).find(
        ({ metadata }) => metadata.labels?.['agentyard.dev/runtime'] === 'agent',
      );
      return found?.metadata.name;
    });
  }

  it('lets the deployers make workloads, and the controllers of Kubernetes their pods', async () => {
    expect(await podOfSupport()).toMatch(/^support-/);
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
    const running = `/api/v1/namespaces/${GUARDED}/pods/${await podOfSupport()}`;
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

  it('leaves alone what changes no code: annotations, the number of pods, deletion', async () => {
    const name = await podOfSupport();
    const deployment = `/apis/apps/v1/namespaces/${GUARDED}/deployments/support`;
    const annotated = { metadata: { annotations: { note: 'seen' } } };
    expect(await patched(`/api/v1/namespaces/${GUARDED}/pods/${name}`, annotated)).toBeUndefined();
    expect(await patched(deployment, annotated)).toBeUndefined();
    expect(await patched(`${deployment}/scale`, { spec: { replicas: 3 } })).toBeUndefined();
    expect(await patched(deployment, { spec: { replicas: 3 } })).toBeUndefined();
    await mallory.delete(pod(name, {}));
    await until('the controller has made another pod', async () =>
      (await podOfSupport()) === name ? undefined : true,
    );
  });

  it('is in force in the namespaces of the program alone', async () => {
    expect(await refusal(mallory, pod('own', POSING, 'elsewhere'))).toBeUndefined();
  });
});
