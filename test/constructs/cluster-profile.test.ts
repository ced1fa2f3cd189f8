import { App, Chart } from 'cdk8s';
import {
  ApiKeys,
  Auth,
  ClusterDns,
  ClusterProfile,
  Credentials,
  Entry,
  LinkerdTransport,
  Mesh,
  Model,
  Peer,
  Port,
} from 'agentyard';
import { callersAt, Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const apiKeys = () => ({ auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')) });
const model = Model.anthropic('m', { credentials: Credentials.fromSecretName('s') });

/** A gateway in front of an agent, in a cluster. */
function platform(cluster?: ClusterProfile): Program {
  const program = new Program('agents', cluster);
  const logs = program.toolset('logs');
  program.agent('support', { model, tools: [logs] });
  program.gateway('gateway', { tools: [logs] });
  return program;
}
const egress = (program: Program, name: string): Manifest[] => program.object('NetworkPolicy', name).spec.egress;
const pod = (program: Program, name: string): Manifest => program.object('Deployment', name).spec.template;
const labels = (peer: Manifest): Manifest => peer.podSelector?.matchLabels;

describe('DNS is opened where the cluster has it, and nowhere else', () => {
  it.each<[string, ClusterProfile | undefined, Record<string, string>, number]>([
    ['no profile', undefined, { 'k8s-app': 'kube-dns' }, 53],
    ['generic', ClusterProfile.generic(), { 'k8s-app': 'kube-dns' }, 53],
    ['eks', ClusterProfile.eks(), { 'k8s-app': 'kube-dns' }, 53],
    ['aks', ClusterProfile.aks(), { 'k8s-app': 'kube-dns' }, 53],
    ['k3s', ClusterProfile.k3s(), { 'k8s-app': 'kube-dns' }, 53],
    ['openshift', ClusterProfile.openshift(), { 'dns.operator.openshift.io/daemonset-dns': 'default' }, 5353],
    [
      'one of its own',
      ClusterProfile.generic({ dns: ClusterDns.fromPods({ namespace: 'dns', podLabels: { app: 'dns' } }) }),
      { app: 'dns' },
      53,
    ],
  ])('%s', (_name, cluster, podLabels, port) => {
    const dns = egress(platform(cluster), 'gateway').filter(({ ports }) =>
      ports.some(({ protocol }: any) => protocol === 'UDP'),
    );
    expect(dns).toHaveLength(1);
    expect(labels(dns[0].to[0])).toEqual(podLabels);
    expect(dns[0].ports).toEqual([
      { protocol: 'TCP', port },
      { protocol: 'UDP', port },
    ]);
  });

  it('gke: also the cache on the node', () => {
    const dns = egress(platform(ClusterProfile.gke()), 'gateway').filter(({ ports }) =>
      ports.some(({ protocol }: any) => protocol === 'UDP'),
    );
    expect(dns.map(({ to }) => to[0])).toEqual([
      { ipBlock: { cidr: '169.254.20.10/32' } },
      expect.objectContaining({ podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }),
    ]);
  });
});

describe('facts of the cluster', () => {
  it('its ingress enters a gateway that asks for it', () => {
    const program = new Program('agents', ClusterProfile.openshift());
    program.gateway('gateway', { ...apiKeys(), entries: [Entry.fromClusterIngress()] });
    expect(callersAt(program.object('NetworkPolicy', 'gateway').spec, 8080)[0]).toMatchObject({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'openshift-ingress' } },
    });
  });

  it('metrics are served and opened only when somebody is named who reads them', () => {
    const metricsScraper = Peer.pods({ namespace: 'monitoring', podLabels: { app: 'prometheus' } });
    const program = platform(ClusterProfile.generic({ metricsScraper }));
    expect(program.document('support-config', 'agent.json').listen).toEqual({ port: 8080, metricsPort: 9464 });
    expect(program.object('NetworkPolicy', 'support').spec.ingress).toContainEqual({
      from: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
          podSelector: { matchLabels: { app: 'prometheus' } },
        },
      ],
      ports: [{ protocol: 'TCP', port: 9464 }],
    });
    expect(platform().document('support-config', 'agent.json').listen).toEqual({ port: 8080 });
  });

  it('a mirror of images, pull secrets and a CA bundle reach every pod', () => {
    const program = platform(
      ClusterProfile.generic({
        imageRegistry: 'registry.example.com/mirror/',
        imagePullSecretNames: ['pull'],
        extraCaBundle: { configMapName: 'corp-ca' },
      }),
    );
    for (const [name, image] of [
      ['support', 'agent-runtime'],
      ['logs', 'sandbox-runtime'],
      ['gateway', 'gateway-runtime'],
    ] as const) {
      const { spec } = pod(program, name);
      expect(spec.containers[0].image).toMatch(new RegExp(`^registry\\.example\\.com/mirror/agentyard/${image}:`));
      expect(spec.imagePullSecrets).toEqual([{ name: 'pull' }]);
      expect(spec.containers[0].env).toContainEqual({
        name: 'NODE_EXTRA_CA_CERTS',
        value: '/etc/agentyard-ca/ca-certificates.crt',
      });
      expect(spec.volumes).toContainEqual({
        name: 'ca-bundle',
        configMap: { name: 'corp-ca', items: [{ key: 'ca-certificates.crt', path: 'ca-certificates.crt' }] },
      });
    }
  });

  it('a CA bundle also reaches the tools, which see no other variables', () => {
    const bundle = { extraCaBundle: { configMapName: 'corp-ca' } };
    const { environment } = platform(ClusterProfile.generic(bundle)).document('logs-config', 'toolset.json');
    expect(environment).toEqual(['NODE_EXTRA_CA_CERTS']);
    expect(platform().document('logs-config', 'toolset.json').environment).toEqual([]);
  });

  it('a mesh: sidecars in every pod, which reach its control plane', () => {
    const program = platform(ClusterProfile.generic({ mesh: Mesh.istio() }));
    expect(pod(program, 'support').metadata.labels).toMatchObject({ 'sidecar.istio.io/inject': 'true' });
    expect(pod(program, 'support').metadata.annotations).toMatchObject({
      'prometheus.istio.io/merge-metrics': 'false',
    });
    expect(egress(program, 'logs')).toContainEqual({
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'istio-system' } },
          podSelector: { matchLabels: { app: 'istiod' } },
        },
      ],
      ports: [{ protocol: 'TCP', port: 15012 }],
    });
  });

  describe('Linkerd', () => {
    const linkerd = (outboundTransport: LinkerdTransport, kubernetesVersion = '1.30') =>
      platform(ClusterProfile.generic({ mesh: Mesh.linkerd({ outboundTransport }), kubernetesVersion }));
    const openPorts = (rules: any[] = []) =>
      [...new Set(rules.flatMap(({ ports }) => ports.map(({ port }: any) => port)))].sort();

    it('keeps policies exact where its sidecars call the port that was called', () => {
      const program = linkerd(LinkerdTransport.TRANSPARENT);
      expect(openPorts(program.object('NetworkPolicy', 'logs').spec.ingress)).toEqual([8080]);
    });

    it('calls the port of its sidecars otherwise, between pods and on both sides', () => {
      const program = linkerd(LinkerdTransport.TRANSPORT_HEADER);
      expect(openPorts(program.object('NetworkPolicy', 'logs').spec.ingress)).toEqual([4143, 8080]);
      const toLogs = egress(program, 'support').filter(({ to }: any) => JSON.stringify(to).includes('"logs"'));
      expect(openPorts(toLogs)).toEqual([4143, 8080]);
      const proxy = program.app.charts.find(({ node }) => node.id === 'egress-proxy-agents');
      expect(openPorts(program.object('NetworkPolicy', 'egress-proxy', proxy).spec.ingress)).not.toContain(4143);
    });

    it('opens it for what sidecars carry, which is TCP', () => {
      const program = linkerd(LinkerdTransport.TRANSPORT_HEADER);
      const agent = program.agent('logger', { model });
      agent.connections.allowTo(Peer.pods({ namespace: 'log', podLabels: { app: 'syslog' } }), Port.udp(514));
      const toSyslog = egress(program, 'logger').filter(({ to }: any) => JSON.stringify(to).includes('syslog'));
      expect(openPorts(toSyslog)).toEqual([514]);
    });

    it('ends its sidecar after the runtime where Kubernetes has native sidecars', () => {
      const native = { 'config.beta.linkerd.io/proxy-enable-native-sidecar': 'true' };
      const annotations = (version: string) =>
        pod(linkerd(LinkerdTransport.TRANSPARENT, version), 'support').metadata.annotations;
      expect(annotations('1.29')).toMatchObject(native);
      expect(annotations('1.28')).not.toMatchObject(native);
    });
  });

  it('clients of the API server go past the egress proxy', () => {
    const program = platform(ClusterProfile.generic({ apiServer: { cidrs: ['10.0.0.1/32', '10.0.0.2/32'] } }));
    const noProxy = (name: string) =>
      pod(program, name)
        .spec.containers[0].env.find((variable: any) => variable.name === 'NO_PROXY')
        .value.split(',');
    expect(noProxy('support')).not.toContain('$(KUBERNETES_SERVICE_HOST)');
    program.agent('operator', { model }).connections.allowToApiServer();
    expect(noProxy('operator')).toContain('$(KUBERNETES_SERVICE_HOST)');
  });

  it('OpenShift assigns the user', () => {
    const context = pod(platform(ClusterProfile.openshift()), 'support').spec.securityContext;
    expect(context).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  });
});

describe('where a profile holds', () => {
  it('the nearest one above a construct', () => {
    const program = new Program('agents', ClusterProfile.generic());
    const other = new Chart(program.app, 'other', { namespace: 'other' });
    ClusterProfile.openshift().applyTo(other);
    program.agent('one', { tools: [program.toolset('logs')] });
    program.agent('two', { tools: [program.toolset('tools', {}, other)] }, other);
    const port = (name: string, chart: Chart): number =>
      program.object('NetworkPolicy', name, chart).spec.egress[0].ports[0].port;
    expect([port('one', program.chart), port('two', other)]).toEqual([53, 5353]);
  });

  it('applied too late it fails, since what is there already was made for another cluster', () => {
    const program = new Program();
    program.agent('one');
    expect(() => ClusterProfile.eks().applyTo(program.app)).toThrow('[PROFILE_LATE]');
    expect(() => ClusterProfile.eks().applyTo(new App())).not.toThrow();
  });

  it.each([
    ['kubernetesVersion is "1.27"', () => ClusterProfile.generic({ kubernetesVersion: '1.27' })],
    ['"10.0.0.1" is no CIDR', () => ClusterProfile.eks({ apiServer: { cidrs: ['10.0.0.1'] } })],
    ['parentProxy.host is the name', () => ClusterProfile.aks({ parentProxy: { host: 'proxy.corp', port: 3128 } })],
    [
      'parentProxy.host is the address "fd00::8" of IPv6',
      () => ClusterProfile.aks({ parentProxy: { host: 'fd00::8', port: 1 } }),
    ],
    ['clusterDomain is', () => ClusterProfile.k3s({ clusterDomain: 'Cluster!' })],
  ])('%s', (message, make) => {
    expect(make).toThrow('[PROFILE_INVALID]');
    expect(make).toThrow(message);
  });

  it('a fact that is needed and lacking fails synth with an example', () => {
    const program = new Program();
    program.gateway('gateway', { ...apiKeys(), entries: [Entry.fromClusterIngress()] });
    expect(() => program.synth()).toThrow(/\[PROFILE_FACT_MISSING\] chart\/gateway: .*ingress: \{ namespace/);
  });
});
