import { DRY_RUN, run } from './fixtures/doctor-run';
import type { FakeCluster } from './fixtures/fake-cluster';

const served = (...kinds: string[]) => ({ resources: kinds.map((kind) => ({ kind })) });

describe('agentyard doctor', () => {
  it('finds all well where everything is enforced', async () => {
    const { out, exitCode } = await run();
    expect(out).toBe(`Context test-context, Kubernetes v1.33.2

ok       kubernetes-version             v1.33.2
info     engine-cilium                  CiliumNetworkPolicy (cilium.io/v2) is not installed
info     engine-gke                     FQDNNetworkPolicy (networking.gke.io/v1alpha1) is not installed
info     engine-eks                     ApplicationNetworkPolicy (networking.k8s.aws/v1alpha1) is not installed
info     engine-cluster-network-policy  ClusterNetworkPolicy (policy.networking.k8s.io/v1alpha2) is not installed
info     keda                           ScaledObject (keda.sh/v1alpha1) is not installed
info     custom-metrics                 no adapter serves custom metrics; Autoscaling.horizontal() needs one
ok       pod-security                   Pod Security admission refuses a pod for being privileged
ok       ingress-denied                 connections worked, a policy that denies ingress cut them, and they worked again without it
ok       ingress-port                   the allowed port answers, the other ports of the same pod do not
ok       ingress-selectors              connections enter from pods of the named namespace (kubernetes.io/metadata.name) with the named labels, and no others
ok       ingress-port-range             all ports up to endPort answer, the one after it does not
ok       egress-denied                  connections worked, a policy that denies egress cut them, and they worked again without it
ok       dns                            with egress to pods k8s-app=kube-dns of kube-system at port 53 alone, names are resolved over UDP and TCP, and nothing else answers
ok       egress-port                    the allowed port answers, the other ports of the same pod do not
ok       egress-selectors               connections reach pods of the named namespace (kubernetes.io/metadata.name) with the named labels, and no others
ok       egress-port-range              all ports up to endPort answer, the one after it does not

11 ok, 0 failed, 0 unknown
`);
    expect(exitCode).toBe(0);
  });

  it('gives the report to programs as JSON, and its progress to standard error', async () => {
    const { out, err, exitCode } = await run({ amiss: { 'egress/dns': ['dns+udp://x times out'] } }, {}, 'json');
    const report = JSON.parse(out) as { checks: { id: string }[] };
    expect(report).toMatchObject({ context: 'test-context', namespace: 'agentyard-doctor', exitCode: 1 });
    expect(report.checks.find(({ id }) => id === 'dns')).toEqual({
      id: 'dns',
      status: 'failed',
      detail:
        'egress to pods k8s-app=kube-dns of kube-system at port 53 does not open DNS and nothing else (dns+udp://x times out)',
      remedy: expect.stringContaining('--dns-namespace'),
    });
    expect(exitCode).toBe(1);
    expect(err).toContain('probing the cluster of context test-context in the namespace agentyard-doctor\n');
  });

  describe('what it says of NetworkPolicy', () => {
    it('is that it is not enforced, where connections go on; what follows is not tried', async () => {
      const amiss = ['tcp://10.0.0.3:8080 answers'];
      const { exitCode, out, check } = await run({ amiss: { 'ingress/deny': amiss, 'egress/deny': amiss } });
      expect(exitCode).toBe(1);
      expect(check('ingress-denied')).toEqual({
        status: 'FAILED',
        detail:
          "NetworkPolicy is NOT enforced by this cluster's network for ingress: policies are only text (tcp://10.0.0.3:8080 answers)",
        remedy: expect.stringContaining('Cilium, Calico, Antrea, OVN-Kubernetes'),
      });
      expect(check('dns')).toMatchObject({
        status: 'unknown',
        detail: 'not tried, since a policy that denies egress has no effect',
      });
      expect(out).toMatch(/2 ok, 2 failed, 7 unknown\n$/);
    });

    it('is nothing, where the connection never worked', async () => {
      const { exitCode, out, check } = await run({ amiss: { 'ingress/before': ['tcp://10.0.0.3:8080 times out'] } });
      expect(exitCode).toBe(2);
      expect(check('ingress-denied')).toEqual({
        status: 'unknown',
        detail: 'without any policy of the probe, tcp://10.0.0.3:8080 times out',
        remedy: expect.stringContaining('another policy'),
      });
      expect(out).not.toMatch(/^ok +ingress/m);
      expect(check('egress-denied').status).toBe('ok');
    });

    it('is nothing, where the connection does not work again without the policy', async () => {
      const { exitCode, out, check } = await run({ amiss: { 'egress/after': ['tcp://10.0.0.3:8080 times out'] } });
      expect(exitCode).toBe(2);
      expect(check('egress-denied').detail).toContain(
        'it is not known whether the policy did it: tcp://10.0.0.3:8080 times out, also once the policy was gone',
      );
      expect(out).not.toMatch(/^ok +(egress|dns)/m);
    });

    it('is that it fails, where something answers that must not, whatever happened afterwards', async () => {
      const { check } = await run({
        amiss: { 'egress/after': ['tcp://10.0.0.3:8080 times out'], 'egress/port-range': ['tcp://x:8092 answers'] },
      });
      expect(check('egress-port-range')).toMatchObject({ status: 'FAILED' });
    });

    it.each([
      ['ingress/one-port', 'tcp://10.0.0.3:8081 answers', 'ingress-port'],
      ['ingress/other-namespace', 'tcp://10.0.0.3:8080 answers', 'ingress-selectors'],
      ['ingress/other-pods', 'tcp://10.0.0.3:8080 answers', 'ingress-selectors'],
      ['ingress/port-range', 'tcp://10.0.0.3:8091 times out', 'ingress-port-range'],
      ['egress/one-port', 'tcp://10.0.0.3:8081 answers', 'egress-port'],
      ['egress/other-namespace', 'tcp://10.0.0.3:8080 answers', 'egress-selectors'],
      ['egress/other-pods', 'tcp://10.0.0.3:8080 answers', 'egress-selectors'],
      ['egress/port-range', 'tcp://10.0.0.3:8091 times out', 'egress-port-range'],
    ])('is one failure, where under %s it is amiss that %s', async (step, seen, id) => {
      const { exitCode, out, check } = await run({ amiss: { [step]: [seen] } });
      expect(exitCode).toBe(1);
      expect(check(id)).toMatchObject({ status: 'FAILED', detail: expect.stringContaining(`(${seen})`) });
      expect(out).toMatch(/10 ok, 1 failed, 0 unknown\n$/);
    });

    it('is nothing, where the policy came too late for the caller, since kubectl was slow', async () => {
      const { check } = await run({ amiss: { 'ingress/deny': ['tcp://10.0.0.3:8080 answers'] } }, { settle: 20 });
      expect(check('ingress-denied')).toMatchObject({
        status: 'unknown',
        detail: 'the policy of ingress, deny was there too late to be judged; give a longer --settle',
      });
    });

    it('is nothing, where the caller is lost on the way', async () => {
      const caller = {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'The node was low on memory.',
        initContainerStatuses: [],
      };
      const { exitCode, check } = await run({ caller });
      expect(exitCode).toBe(2);
      expect(check('egress-denied').detail).toBe(
        'egress caller: the pod has failed (Evicted) The node was low on memory.',
      );
    });

    it('is nothing, where the probe itself breaks', async () => {
      const initContainerStatuses = [
        { name: 'before', state: { terminated: { exitCode: 1, message: 'SyntaxError: Unexpected token' } } },
      ];
      const { exitCode, check } = await run({ caller: { initContainerStatuses } });
      expect(exitCode).toBe(2);
      expect(check('ingress-denied').detail).toBe(
        `the probe's step before has ended with exit code 1 and said "SyntaxError: Unexpected token"`,
      );
    });
  });

  describe('the cluster', () => {
    it('is told to kubectl in each call, as the user has chosen it', async () => {
      const { cluster, out } = await run({}, { context: 'staging', kubeconfig: '/etc/staging.yaml' });
      expect(cluster.calls.length).toBeGreaterThan(20);
      for (const { args } of cluster.calls)
        expect(args.slice(0, 4)).toEqual(['--context', 'staging', '--kubeconfig', '/etc/staging.yaml']);
      expect(out).toContain('Context staging,');
    });

    it.each([
      ['v1.27.16-eks-1', 'FAILED', '1.28 is needed', 'upgrade'],
      ['v1.29.4', 'ok', 'v1.29.4', "kubernetesVersion: '1.29'"],
      ['v1.30.0', 'ok', 'v1.30.0', undefined],
      ['nightly', 'unknown', 'no version that is understood', undefined],
    ])('of version %s is %s', async (gitVersion, status, detail, remedy) => {
      const found = (await run({ raw: { '/version': { gitVersion } } })).check('kubernetes-version');
      expect(found).toMatchObject({ status, detail: expect.stringContaining(detail) });
      if (remedy === undefined) expect(found.remedy).toBeUndefined();
      else expect(found.remedy).toContain(remedy);
    });

    it('is asked which engines and autoscalers it has', async () => {
      const { check } = await run({
        raw: {
          '/apis/cilium.io/v2': served('CiliumNode', 'CiliumNetworkPolicy'),
          '/apis/networking.gke.io/v1alpha1': served('GCPBackendPolicy'),
          '/apis/policy.networking.k8s.io/v1alpha2': served('ClusterNetworkPolicy'),
          '/openapi/v3/apis/policy.networking.k8s.io/v1alpha2': { properties: { networks: {} } },
          '/apis/keda.sh/v1alpha1': served('ScaledObject'),
          '/apis/custom.metrics.k8s.io': { kind: 'APIGroup' },
        },
      });
      expect(check('engine-cilium').detail).toContain('is installed: Egress.cilium() can be used');
      expect(check('engine-gke').detail).toContain('is not installed');
      expect(check('engine-cluster-network-policy').detail).toContain(
        'is installed without domainNames, which its experimental channel has',
      );
      expect(check('keda').detail).toContain('Autoscaling.keda() can be used');
      expect(check('custom-metrics').detail).toContain('Autoscaling.horizontal() can be used');
    });

    it('is asked for the domain names of ClusterNetworkPolicy', async () => {
      const { check } = await run({
        raw: {
          '/apis/policy.networking.k8s.io/v1alpha2': served('ClusterNetworkPolicy'),
          '/openapi/v3/apis/policy.networking.k8s.io/v1alpha2': { properties: { domainNames: {} } },
        },
      });
      expect(check('engine-cluster-network-policy').detail).toContain('Egress.clusterNetworkPolicy() can be used');
    });

    it('may keep a fact to itself', async () => {
      const stderr = 'Error from server (ServiceUnavailable): the server is currently unable to handle the request';
      const { check, exitCode } = await run({ failures: [{ command: '/apis/cilium.io/v2', stderr }] });
      expect(check('engine-cilium')).toEqual({ status: 'unknown', detail: stderr, remedy: undefined });
      expect(exitCode).toBe(2);
    });
  });

  describe('what it makes in the cluster', () => {
    const created = (cluster: FakeCluster) =>
      cluster.calls
        .filter(({ args }) => args.includes('create') && !args.includes(DRY_RUN))
        .map(({ object }) => object);

    it('is a namespace of its own, which is deleted by the label of the run alone', async () => {
      const { cluster } = await run();
      expect(created(cluster).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
        'Namespace agentyard-doctor',
        'ServiceAccount agentyard-doctor',
        'ConfigMap agentyard-doctor',
        'Pod agentyard-doctor-listener',
        'Job agentyard-doctor-caller-ingress',
        'Job agentyard-doctor-caller-egress',
      ]);
      const [namespace] = created(cluster);
      expect(namespace.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
      const run_ = namespace.metadata.labels['agentyard.dev/doctor-run'] as string;
      expect(run_).toMatch(/^[0-9a-f]{8}$/);
      const [removal] = cluster.calls.slice(-1);
      const selector = `agentyard.dev/doctor-run=${run_}`;
      expect(removal?.args.join(' ')).toBe(`delete namespaces --selector ${selector} --wait=true --timeout=90s`);
    });

    it('stands in the given namespace, and only what it has made is deleted', async () => {
      const { cluster } = await run({}, { namespace: 'agents', pullSecret: 'registry' });
      expect(created(cluster).map(({ kind, metadata }) => `${kind} ${metadata.namespace}`)).toEqual(
        ['ServiceAccount', 'ConfigMap', 'Pod', 'Job', 'Job'].map((kind) => `${kind} agents`),
      );
      expect(created(cluster)[0].imagePullSecrets).toEqual([{ name: 'registry' }]);
      const [removal] = cluster.calls.slice(-1);
      expect(removal?.args.join(' ')).toMatch(
        /^delete jobs,pods,networkpolicies,configmaps,serviceaccounts --namespace agents --selector agentyard\.dev\/doctor-run=[0-9a-f]{8} /,
      );
    });

    it('is one policy after the other, which selects its own pods alone', async () => {
      const { cluster } = await run();
      const changes = cluster.calls
        .filter(({ args }) => args.includes('apply') || args.includes('networkpolicies'))
        .map(({ object }) => object?.spec as object | undefined);
      const labels = (role: string) => expect.objectContaining({ 'agentyard.dev/doctor': role });
      const policy = (type: string, role: string) =>
        expect.objectContaining({ policyTypes: [type], podSelector: { matchLabels: labels(role) } });
      expect(changes).toEqual([
        ...Array<unknown>(5).fill(policy('Ingress', 'listener')),
        undefined,
        ...Array<unknown>(6).fill(policy('Egress', 'caller')),
        undefined,
      ]);
    });

    it('is kept if asked, with the command that removes it', async () => {
      const { cluster, err } = await run({}, { keep: true, context: 'staging' });
      expect(cluster.callsOf('delete').filter(({ args }) => args.includes('namespaces'))).toEqual([]);
      expect(err).toMatch(/kept as asked; this removes it: kubectl --context staging delete namespaces --selector /);
    });

    it('has no user of its own where the cluster assigns one', async () => {
      const { cluster } = await run({ raw: { '/apis/security.openshift.io': {} } });
      const listener = created(cluster).find(({ kind }) => kind === 'Pod');
      expect(listener.metadata.annotations).toEqual({ 'openshift.io/required-scc': 'restricted-v2' });
      expect(listener.spec.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    });

    it('may fail to be removed, which is told with the command that does it', async () => {
      const stderr = 'error: timed out waiting for the condition on namespaces/agentyard-doctor';
      const { err, exitCode } = await run({ failures: [{ command: 'delete namespaces', stderr }] });
      expect(err).toContain(`warning: the probe is not removed: ${stderr}; remove it with: kubectl delete namespaces`);
      expect(exitCode).toBe(0);
    });
  });

  describe('a cluster that cannot be looked into', () => {
    it.each([
      [
        'error: You must be logged in to the server (Unauthorized)',
        'log in to the cluster again, or name another context with --context',
      ],
      ['error: context "prod" does not exist', '`kubectl config get-contexts` shows what there is'],
      [
        'The connection to the server localhost:8080 was refused - did you specify the right host or port?',
        'no cluster is chosen: name one with --context or --kubeconfig',
      ],
      [
        'Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout',
        'the cluster does not answer: see whether it runs and whether this machine reaches it',
      ],
    ])('is an error: %s', async (stderr, remedy) => {
      const { exitCode, out, err, cluster } = await run({ failures: [{ command: '/version', stderr }] });
      expect({ exitCode, out, err }).toEqual({ exitCode: 2, out: '', err: `error: ${stderr}; ${remedy}\n` });
      expect(cluster.calls.length).toBe(1);
    });

    it('is an error, if it is no cluster', async () => {
      expect((await run({ raw: { '/version': { hello: 'world' } } })).err).toBe(
        'error: the server does not answer as a Kubernetes API server does; is it one?\n',
      );
    });

    it('leaves its facts, where a namespace may not be made; then nothing is deleted', async () => {
      const stderr = 'Error from server (Forbidden): namespaces is forbidden: User "jane" cannot create resource';
      const { exitCode, check, cluster } = await run({
        failures: [{ command: 'create', object: '"Namespace"', stderr }],
      });
      expect(exitCode).toBe(2);
      expect(check('kubernetes-version').status).toBe('ok');
      expect(check('ingress-denied')).toMatchObject({
        status: 'unknown',
        detail: `${stderr}; docs/doctor.md lists the rights that the probe needs`,
      });
      expect(cluster.callsOf('delete')).toEqual([]);
    });

    it('is left alone, where another run is under way', async () => {
      const stderr = 'Error from server (AlreadyExists): namespaces "agentyard-doctor" already exists';
      const { exitCode, check, cluster } = await run({
        failures: [{ command: 'create', object: '"Namespace"', stderr }],
      });
      expect(exitCode).toBe(2);
      expect(check('ingress-denied').detail).toContain('`kubectl delete namespace agentyard-doctor` removes it');
      expect(cluster.callsOf('delete')).toEqual([]);
    });

    it('is cleaned, where it is not known whether the namespace was made', async () => {
      const stderr = 'Unable to connect to the server: net/http: TLS handshake timeout';
      const { cluster } = await run({ failures: [{ command: 'create', object: '"Namespace"', stderr }] });
      expect(cluster.callsOf('delete').length).toBe(1);
    });

    it('leaves its facts, where a pod does not start in time; the probe is removed', async () => {
      const message = 'Back-off pulling image "registry.example.com/node:24"';
      const listener = {
        phase: 'Pending',
        containerStatuses: [{ name: 'listener', state: { waiting: { reason: 'ImagePullBackOff', message } } }],
      };
      const { exitCode, check, err, cluster } = await run({ listener }, { timeout: 0.7 });
      expect(exitCode).toBe(2);
      expect(check('egress-denied').detail).toBe(
        `listener: not done after 0.7 s (--timeout): ImagePullBackOff: ${message}`,
      );
      expect(err.split('ImagePullBackOff').length).toBe(2);
      expect(cluster.callsOf('delete').length).toBe(1);
    });

    it('says why no node takes the pod', async () => {
      const message = '0/3 nodes are available: 3 Insufficient memory.';
      const listener = { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message }] };
      const { check } = await run({ listener }, { timeout: 0.7 });
      expect(check('egress-denied').detail).toContain(message);
    });
  });
});
