import { ApiObject, Chart } from 'cdk8s';
import {
  Agent,
  AlertRules,
  ApiKeys,
  App,
  Auth,
  CertificateIssuer,
  ClusterProfile,
  Credentials,
  Egress,
  Entry,
  LogForwarding,
  LokiOutput,
  McpGateway,
  Model,
  OpenShiftRoute,
  Peer,
  Prompt,
  ServingCertificate,
  TlsCertificate,
  WorkloadMonitor,
} from 'agentyard';
import type { ApiServer, KubernetesObject } from '../cluster/api-server';
import { START_TIMEOUT, startCluster, type Cluster } from '../cluster/control-plane';
import { Delivery } from '../cluster/delivery';
import { until } from '../cluster/until';

jest.setTimeout(120_000);

/** Kinds that an agent with a hosted model, and its proxy, leave in a namespace. */
const KINDS = [
  'apps/v1/Deployment',
  'apps/v1/StatefulSet',
  'v1/ConfigMap',
  'v1/Service',
  'v1/ServiceAccount',
  'networking.k8s.io/v1/NetworkPolicy',
  'policy/v1/PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1/Role',
  'rbac.authorization.k8s.io/v1/RoleBinding',
];

/** Kinds that only what stands around a gateway has. */
const EXPOSING = [
  'route.openshift.io/v1/Route',
  'cert-manager.io/v1/Certificate',
  'monitoring.coreos.com/v1/PodMonitor',
  'monitoring.coreos.com/v1/PrometheusRule',
  'observability.openshift.io/v1/ClusterLogForwarder',
];

/** A real API server and kubectl: a program loses an agent, and the printed commands are run as they are. */
describe('what leaves the program leaves the cluster', () => {
  let cluster: Cluster;
  let api: ApiServer;
  let delivery: Delivery;

  beforeAll(async () => {
    cluster = await startCluster();
    api = cluster.api;
    delivery = new Delivery(cluster);
  }, START_TIMEOUT);
  afterAll(async () => {
    delivery?.close();
    await cluster?.stop();
  });

  const apply = (outdir: string, ...flags: string[]) => delivery.apply(outdir, ...flags);

  /** Synthesizes an app with agents of these names, each with a hosted model, and a claim of the user's own. */
  function synthesize(id: string, namespace: string, agents: readonly string[], egress = Egress.proxy()): string {
    const outdir = delivery.outdir(id);
    const apiServer = { cidrs: ['10.0.0.1/32'] };
    const app = new App({ id, outdir, cluster: ClusterProfile.generic({ egress, apiServer }) });
    const chart = new Chart(app, id, { namespace });
    if (id === 'first') claim(chart, agents.length > 1);
    for (const name of agents) {
      const credentials = Credentials.fromSecretName('anthropic');
      const model = Model.anthropic('m', { credentials });
      const agent = new Agent(chart, name, { prompt: Prompt.fromText('You help.'), model });
      agent.grantKubernetes({ resources: ['configmaps'], verbs: ['get'], resourceNames: ['notes'] });
    }
    app.synth();
    return outdir;
  }

  const podOf = (namespace: string, workload: string): Promise<string> =>
    until(`${workload} has a pod`, async () =>
      (await namesOf('v1/Pod', namespace)).find((name) => name.startsWith(`${workload}-`)),
    );

  async function makeNamespace(name: string): Promise<void> {
    await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }

  async function namesOf(kind: string, namespace: string): Promise<string[]> {
    const [, apiVersion = '', name = ''] = /^(.*)\/(\w+)$/.exec(kind) ?? [];
    const probe: KubernetesObject = { apiVersion, kind: name, metadata: { name: 'x', namespace } };
    const collection = (await api.pathOf(probe)).replace(/\/x$/, '');
    const { items } = (await api.get(collection)) as { items: { metadata: { name: string } }[] };
    // What controllers make in every namespace.
    return items.map(({ metadata }) => metadata.name).filter((found) => !/^(default|kube-root-ca\.crt)$/.test(found));
  }

  async function inventory(namespace: string): Promise<string[]> {
    const found = await Promise.all(
      KINDS.map(async (kind) => (await namesOf(kind, namespace)).map((name) => `${kind} ${name}`)),
    );
    return found.flat().sort();
  }

  async function rbac(namespace: string): Promise<string[]> {
    const kinds = ['Role', 'RoleBinding'];
    const names = kinds.map(async (kind) =>
      (await namesOf(`rbac.authorization.k8s.io/v1/${kind}`, namespace)).map((name) => `${kind} ${name}`),
    );
    return (await Promise.all(names)).flat();
  }

  /** Bindings of the whole cluster for accounts of a namespace. */
  async function bindings(namespace: string): Promise<string[]> {
    const { items } = await api.get('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings');
    const names = (items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
    return names.filter((name) => name.startsWith(`${namespace}.`));
  }

  const of = (agent: string) => (line: string) => new RegExp(` ${agent}(-config|-pods)?$`).test(line);

  it('with all that belonged to an agent, while another agent and another app stay as they are', async () => {
    await makeNamespace('shared');
    await apply(synthesize('first', 'shared', ['one', 'two'], Egress.proxy()));
    await apply(synthesize('second', 'shared', ['three'], Egress.cilium()));
    const before = await inventory('shared');
    expect(before.filter(of('two'))).toHaveLength(9);
    expect(before).toContain('rbac.authorization.k8s.io/v1/RoleBinding two');
    const survivor = await api.get('/apis/apps/v1/namespaces/shared/deployments/one');

    await apply(synthesize('first', 'shared', ['one']));
    expect(await inventory('shared')).toEqual(before.filter((line) => !of('two')(line)));
    expect((await api.get('/apis/apps/v1/namespaces/shared/deployments/one')).metadata.uid).toBe(survivor.metadata.uid);
  });

  it('with its policy only when its last pod has ended', async () => {
    await makeNamespace('ending');
    await apply(synthesize('sixth', 'ending', ['one', 'two']));
    const name = await podOf('ending', 'two');
    const pod = `/api/v1/namespaces/ending/pods/${name}`;
    // A pod on a node goes only when the kubelet says so, or by force.
    const target = { apiVersion: 'v1', kind: 'Node', name: 'node-1' };
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target };
    await api.request({ method: 'POST', path: `${pod}/binding`, body });
    const running = delivery.run(await delivery.commands(synthesize('sixth', 'ending', ['one'])));
    await until('the pod ends', async () => ((await api.get(pod)).metadata.deletionTimestamp ? true : undefined));
    await until('the rest waits', async () =>
      (await api.get('/apis/apps/v1/namespaces/ending/deployments/two')).metadata.deletionTimestamp ? true : undefined,
    );
    expect(await namesOf('networking.k8s.io/v1/NetworkPolicy', 'ending')).toContain('two');
    await api.request({ method: 'DELETE', path: pod, query: { gracePeriodSeconds: '0' } });
    expect(await running).toBe(0);
    expect(await namesOf('networking.k8s.io/v1/NetworkPolicy', 'ending')).not.toContain('two');
  });

  it('but for what the program never made of our kinds: volumes, namespaces, objects of other tools', async () => {
    expect(await namesOf('v1/PersistentVolumeClaim', 'shared')).toEqual(['kept', 'left']);
    expect((await api.get('/api/v1/namespaces/shared')).status.phase).toBe('Active');
  });

  it('with the policy of its egress engine too, in the whole cluster', async () => {
    await makeNamespace('engines');
    const policies = async () => {
      const { items } = await api.get('/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies');
      return (items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
    };
    const egress = Egress.clusterNetworkPolicy({ experimentalChannel: true });
    await apply(synthesize('third', 'engines', ['one', 'two'], egress));
    expect(await policies()).toEqual(['engines.one-egress', 'engines.two-egress']);
    await apply(synthesize('third', 'engines', ['one'], egress));
    expect(await policies()).toEqual(['engines.one-egress']);

    const gone = 'policy.networking.k8s.io/v1alpha2/ClusterNetworkPolicy';
    await apply(synthesize('third', 'engines', ['one']), '--kind', gone);
    expect(await policies()).toEqual([]);
  });

  it('with what exposed and watched it, and the rights that were given for that', async () => {
    await makeNamespace('exposed');
    await apply(synthesizeGateway(delivery.outdir('seventh'), 'seventh', 'exposed', true));
    const added = ['Role exposed-certificate-reader', 'RoleBinding exposed-certificate-reader'];
    expect(await rbac('exposed')).toEqual(expect.arrayContaining(added));
    const there = await Promise.all(EXPOSING.map((kind) => namesOf(kind, 'exposed')));
    expect(there.filter((names) => names.length === 0)).toEqual([]);
    expect(await bindings('exposed')).not.toEqual([]);

    await apply(
      synthesizeGateway(delivery.outdir('seventh'), 'seventh', 'exposed', false),
      ...EXPOSING.flatMap((kind) => ['--kind', kind]),
    );
    for (const kind of EXPOSING) expect([kind, await namesOf(kind, 'exposed')]).toEqual([kind, []]);
    for (const grant of added) expect(await rbac('exposed')).not.toContain(grant);
    expect(await bindings('exposed')).toEqual([]);
    expect(await namesOf('apps/v1/Deployment', 'exposed')).toContain('door');
  });

  it('as an ApplySet, which leaves other apps alone, too', async () => {
    await makeNamespace('sets');
    await apply(synthesize('fourth', 'sets', ['one', 'two']), '--applyset');
    await apply(synthesize('fifth', 'sets', ['three'], Egress.cilium()), '--applyset');
    const before = await inventory('sets');
    expect(before.filter(of('two'))).toHaveLength(9);
    await apply(synthesize('fourth', 'sets', ['one']), '--applyset');
    expect(await inventory('sets')).toEqual(before.filter((line) => !of('two')(line)));
    expect(before).toContain('v1/ConfigMap agentyard-fourth');
  });
});

/** A gateway, with or without all that may stand around it. */
function synthesizeGateway(outdir: string, id: string, namespace: string, isExposed: boolean): string {
  const cluster = ClusterProfile.openshift({
    apiServer: { cidrs: ['10.0.0.1/32'] },
    metricsScraper: Peer.pods({ namespace: 'monitoring', podLabels: { app: 'prometheus' } }),
  });
  const app = new App({ id, outdir, cluster });
  const chart = new Chart(app, id, { namespace });
  const auth = Auth.apiKeys(ApiKeys.fromSecretName('keys'));
  const entries = [Entry.fromClusterIngress()];
  const gateway = new McpGateway(chart, 'door', { auth, entries, publicUrl: 'https://door.example.com' });
  if (isExposed) {
    const issuer = CertificateIssuer.fromClusterIssuerName('letsencrypt');
    const certificate = new TlsCertificate(chart, 'door-tls', { gateway, issuer });
    new OpenShiftRoute(chart, 'exposed', { gateway, certificate: ServingCertificate.fromCertificate(certificate) });
    new WorkloadMonitor(chart, 'monitor');
    new AlertRules(chart, 'alerts');
    new LogForwarding(chart, 'audit', { loki: LokiOutput.lokiStack({ name: 'loki' }) });
  }
  app.synth();
  return outdir;
}

/** Volumes of the user's own; one of them leaves the program. */
function claim(chart: Chart, both: boolean): void {
  for (const name of both ? ['kept', 'left'] : ['kept']) {
    new ApiObject(chart, name, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
  }
}
