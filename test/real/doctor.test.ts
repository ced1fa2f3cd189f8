import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { DoctorProcess } from '../../cli/test/fixtures/doctor-process';
import type { ApiServer, KubernetesObject } from '../cluster/api-server';
import { START_TIMEOUT, startCluster, type Cluster } from '../cluster/control-plane';
import { kubectlFolder } from '../cluster/kubectl';
import { until } from '../cluster/until';
import { Kubelet } from '../doctor/kubelet';
import { ALL_ABILITIES, type Abilities } from '../doctor/network-plugin';
import { PodNetwork } from '../doctor/pod-network';
import { installPackages } from './debian-packages';

const DOCS = path.join(__dirname, '../../docs/doctor.md');
const DNS = path.join(__dirname, '../doctor/dns-server.mjs');
const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' };
const FACTS = {
  'kubernetes-version': 'ok',
  'pod-security': 'ok',
  'engine-cilium': 'info',
  'engine-gke': 'info',
  'engine-eks': 'info',
  'engine-cluster-network-policy': 'info',
  keda: 'info',
  'custom-metrics': 'info',
};
const PROBES = ['denied', 'port', 'selectors', 'port-range'];
const probes = (direction: string, status: string) =>
  Object.fromEntries(PROBES.map((name) => [`${direction}-${name}`, status]));
const ALL_OK = { ...FACTS, ...probes('ingress', 'ok'), ...probes('egress', 'ok'), dns: 'ok' };

interface Circumstances {
  readonly labels: object;
  readonly abilities: Partial<Abilities>;
  readonly flags?: readonly string[];
}

/** Namespaces in which pods run and network plugins differ. */
const NAMESPACES: Readonly<Record<string, Circumstances>> = {
  'not-enforced': { labels: {}, abilities: { ingress: false, egress: false } },
  'ingress-without-ports': { labels: RESTRICTED, abilities: { ports: false, egress: false } },
  'no-namespaces-or-ranges': { labels: RESTRICTED, abilities: { namespaceSelector: false, endPort: false } },
  'no-labels-and-dns-elsewhere': {
    labels: RESTRICTED,
    abilities: { podSelector: false },
    flags: ['--dns-port', '5353'],
  },
};

interface Seen {
  readonly exitCode: number | null;
  readonly statuses: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, string>>;
  readonly errors: string;
}

jest.setTimeout(300_000);

/** A real API server and kubectl; pods are programs in network namespaces, and nftables is the network plugin. */
describe('agentyard doctor', () => {
  const runs = new Map<string, Promise<Seen>>();
  let cluster: Cluster;
  let api: ApiServer;
  let network: PodNetwork;
  let kubelet: Kubelet;
  let kubectl: string;
  let nameserver: string | undefined;
  let folder: string;

  beforeAll(async () => {
    // Another cluster has nodes of its own.
    for (const name of ['KUBECONFIG', 'KUBECONFIG_FOR_TESTS']) delete process.env[name];
    folder = mkdtempSync(path.join(tmpdir(), 'doctor-'));
    installPackages('iproute2', 'nftables');
    kubectl = kubectlFolder();
    cluster = await startCluster();
    api = cluster.api;
    network = new PodNetwork();
    const abilities = (namespace: string) => ({ ...ALL_ABILITIES, ...NAMESPACES[namespace]?.abilities });
    kubelet = new Kubelet(api, network, abilities, () => nameserver);
    nameserver = await startDns();
    // They mostly wait, so they all run at once.
    runs.set('agentyard-doctor', examine('--kubeconfig', cluster.kubeconfig));
    for (const [name, { labels, flags = [] }] of Object.entries(NAMESPACES)) {
      await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
      const kubeconfig = await kubeconfigOfUserIn(name);
      runs.set(name, examine('--kubeconfig', kubeconfig, '--namespace', name, '--settle', '10', ...flags));
    }
  }, START_TIMEOUT);

  afterAll(async () => {
    await Promise.allSettled(runs.values());
    await kubelet?.stop();
    network?.remove();
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The DNS pod of the cluster, where the default flags say that it is. */
  async function startDns(): Promise<string> {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'coredns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
      spec: {
        automountServiceAccountToken: false,
        containers: [{ name: 'coredns', image: 'coredns', command: ['node', DNS] }],
      },
    };
    await until('the namespace has its ServiceAccount', () => api.create(pod).catch(() => undefined));
    return until('the DNS pod runs', async () => (await api.read(pod))?.status?.podIP as string | undefined);
  }

  /** The kubeconfig of a user who has the rights in the namespace that the documentation asks for, and no others. */
  async function kubeconfigOfUserIn(namespace: string): Promise<string> {
    const [, text = ''] = /```yaml\n([^]*?)```/.exec(readFileSync(DOCS, 'utf8')) ?? [];
    const role = parse(text) as KubernetesObject;
    const metadata = { name: 'doctor', namespace };
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role.metadata.name };
    await api.create({ ...role, metadata: { ...role.metadata, namespace } });
    await api.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    await api.create({ ...rbac, metadata, roleRef, subjects: [{ kind: 'ServiceAccount', ...metadata }] });
    const { body } = await api.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/doctor/token`,
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    });
    const config = parse(readFileSync(cluster.kubeconfig, 'utf8')) as { users: { user: object }[] };
    config.users[0]!.user = { token: body.status.token as string };
    const file = path.join(folder, `${namespace}.kubeconfig`);
    writeFileSync(file, stringify(config));
    return file;
  }

  function start(...flags: string[]): DoctorProcess {
    const environment = { PATH: `${kubectl}:${process.env.PATH}` };
    return new DoctorProcess(['--output', 'json', ...flags], environment);
  }

  async function examine(...flags: string[]): Promise<Seen> {
    const { exitCode, output, errors } = await start(...flags).outcome;
    const { checks = [] } = JSON.parse(output || '{}') as {
      checks?: { id: string; status: string; detail: string }[];
    };
    return {
      exitCode,
      errors,
      statuses: Object.fromEntries(checks.map(({ id, status }) => [id, status])),
      details: Object.fromEntries(checks.map(({ id, detail }) => [id, detail])),
    };
  }

  const seenIn = async (namespace: string): Promise<Seen> => {
    const seen = await runs.get(namespace)!;
    expect(seen.errors).toContain('removing the probe');
    expect(seen.errors).not.toContain('warning');
    return seen;
  };
  const namesOf = async (path_: string): Promise<string[]> => {
    const { items } = (await api.get(path_)) as { items: { metadata: { name: string } }[] };
    return items.map(({ metadata }) => metadata.name);
  };

  it('finds a cluster well that enforces everything, and leaves nothing behind', async () => {
    const { exitCode, statuses, details } = await seenIn('agentyard-doctor');
    expect({ exitCode, statuses }).toEqual({ exitCode: 0, statuses: ALL_OK });
    expect(details['engine-cluster-network-policy']).toContain('Egress.clusterNetworkPolicy() can be used');
    expect(details.keda).toContain('Autoscaling.keda() can be used');
    expect(details['custom-metrics']).toContain('no adapter serves custom metrics');
    expect(await namesOf('/api/v1/namespaces')).not.toContain('agentyard-doctor');
  });

  it('says that nothing is enforced where nothing is, neither policies nor Pod Security', async () => {
    const { exitCode, statuses, details } = await seenIn('not-enforced');
    expect(exitCode).toBe(1);
    expect(statuses).toEqual({
      ...FACTS,
      'pod-security': 'failed',
      ...{ ...probes('ingress', 'unknown'), 'ingress-denied': 'failed' },
      ...{ ...probes('egress', 'unknown'), 'egress-denied': 'failed' },
      dns: 'unknown',
    });
    expect(details['egress-denied']).toMatch(/NOT enforced .*tcp:\/\/10\.88\.0\.\d+:8080 answers.*tcp:\/\/\[fd88::/);
  });

  it('says that egress is open and that ports are not held, where ingress alone is enforced, without ports', async () => {
    const { exitCode, statuses } = await seenIn('ingress-without-ports');
    expect(exitCode).toBe(1);
    expect(statuses).toEqual({
      ...FACTS,
      ...{ ...probes('ingress', 'failed'), 'ingress-denied': 'ok' },
      ...{ ...probes('egress', 'unknown'), 'egress-denied': 'failed' },
      dns: 'unknown',
    });
  });

  it.each([
    ['no-namespaces-or-ranges', ['ingress-selectors', 'ingress-port-range', 'egress-selectors', 'egress-port-range']],
    ['no-labels-and-dns-elsewhere', ['ingress-selectors', 'egress-selectors', 'dns']],
  ])('says what is not as it must be, and nothing else: %s', async (namespace, failed) => {
    const { exitCode, statuses } = await seenIn(namespace);
    const expected = { ...ALL_OK, ...Object.fromEntries(failed.map((id) => [id, 'failed'])) };
    expect({ exitCode, statuses }).toEqual({ exitCode: 1, statuses: expected });
  });

  it.each(Object.keys(NAMESPACES))('leaves nothing behind in the namespace %s', async (namespace) => {
    await seenIn(namespace);
    const core = ['pods', 'configmaps', 'serviceaccounts'].map((kind) => `/api/v1/namespaces/${namespace}/${kind}`);
    const policies = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
    const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
    for (const path_ of [...core, policies, jobs])
      expect((await namesOf(path_)).filter((name) => name.startsWith('agentyard'))).toEqual([]);
  });

  it('removes its namespace on Ctrl-C, while a policy is in force', async () => {
    await seenIn('agentyard-doctor');
    const doctor = start('--kubeconfig', cluster.kubeconfig);
    await until('a policy denies', () => Promise.resolve(doctor.told.includes('ingress, deny') || undefined));
    doctor.interrupt();
    expect(await doctor.outcome).toMatchObject({ exitCode: 2, output: '' });
    expect(await namesOf('/api/v1/namespaces')).not.toContain('agentyard-doctor');
  });

  it('refuses a namespace of its name that it has not made, and leaves it alone', async () => {
    await seenIn('agentyard-doctor');
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'agentyard-doctor' } };
    await api.create(namespace);
    const { exitCode, statuses, details } = await examine('--kubeconfig', cluster.kubeconfig);
    expect({ exitCode, status: statuses['ingress-denied'] }).toEqual({ exitCode: 2, status: 'unknown' });
    expect(details['ingress-denied']).toContain('already exists');
    expect(await api.read(namespace)).toBeDefined();
  });

  it('does not take it for Pod Security that a policy of somebody refuses every pod', async () => {
    const namespace = 'team-wanted';
    await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const admission = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name: namespace } };
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
    await api.create({
      ...admission,
      kind: 'ValidatingAdmissionPolicy',
      spec: {
        matchConstraints: { resourceRules: [rule] },
        validations: [{ expression: "'team' in object.metadata.labels", message: 'you must provide labels: team' }],
      },
    });
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
    await api.create({
      ...admission,
      kind: 'ValidatingAdmissionPolicyBinding',
      spec: { policyName: namespace, validationActions: ['Deny'], matchResources: { namespaceSelector } },
    });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'plain', namespace, labels: { app: 'plain' } },
      spec: { containers: [{ name: 'plain', image: 'x' }] },
    };
    const message = await until('the policy is in force', () =>
      api.create(pod, { dryRun: 'All' }).then(
        () => undefined,
        (error: Error) => (error.message.includes('labels: team') ? error.message : undefined),
      ),
    );
    expect(message).toContain('denied request');
    const { statuses, details } = await examine('--kubeconfig', cluster.kubeconfig, '--namespace', namespace);
    expect({ 'pod-security': statuses['pod-security'], dns: statuses.dns }).toEqual({
      'pod-security': 'unknown',
      dns: 'unknown',
    });
    expect(details['pod-security']).toMatch(/^a pod without privileges is refused.*you must provide labels: team/);
  });

  it('says that the cluster refuses the user', async () => {
    const { exitCode, errors } = await examine('--kubeconfig', cluster.kubeconfig, '--context', 'nobody');
    expect(exitCode).toBe(2);
    expect(errors).toMatch(/^error: .*context "nobody" does not exist; `kubectl config get-contexts` shows/);
  });
});
