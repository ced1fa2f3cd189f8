import { ClusterProfile, Credentials, Egress, Entry, Model, Peer, Port } from 'agentyard';
import { Program, type Manifest } from '../program';
import { silenceWarnings } from '../silence-warnings';

silenceWarnings();

const model = Model.anthropic('m', { credentials: Credentials.fromSecretName('s') });
const podLabels = { 'app.kubernetes.io/name': 'support', 'agentyard.dev/runtime': 'agent' };

/** A program with one agent that has a hosted model and a host of its own, under an engine. */
function programWith(egress: Egress, ...hosts: Peer[]): Program {
  const program = new Program('agents', ClusterProfile.generic({ egress }));
  const support = program.agent('support', { model });
  for (const host of hosts) support.connections.allowTo(host, Port.tcp(443));
  return program;
}

const egressPolicy = (program: Program): Manifest =>
  program.synth().find(({ metadata }) => /(^|\.)support-egress$/.test(metadata.name));

const GKE = Egress.gke({ dataplaneV2: true, fqdnNetworkPolicy: true });
const EKS = Egress.eks({ autoMode: true });
const CNP = Egress.clusterNetworkPolicy({ experimentalChannel: true });

describe('each engine renders a policy for the pods of one workload', () => {
  it('cilium: DNS only for the names in use, with the suffixes that resolvers append, and those names at their port', () => {
    expect(egressPolicy(programWith(Egress.cilium()))).toEqual({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: expect.objectContaining({ name: 'support-egress', namespace: 'agents' }),
      spec: {
        endpointSelector: { matchLabels: podLabels },
        egress: [
          {
            toEndpoints: [
              { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s:k8s-app': 'kube-dns' } },
            ],
            toPorts: [
              {
                ports: [{ port: '53', protocol: 'ANY' }],
                rules: {
                  dns: [
                    { matchName: 'api.anthropic.com' },
                    { matchName: 'api.anthropic.com.agents.svc.cluster.local' },
                    { matchName: 'api.anthropic.com.cluster.local' },
                    { matchName: 'api.anthropic.com.svc.cluster.local' },
                  ],
                },
              },
            ],
          },
          { toFQDNs: [{ matchName: 'api.anthropic.com' }], toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] },
        ],
      },
    });
  });

  it('cilium: the NetworkPolicy opens no DNS beside it, else names would not count', () => {
    const program = programWith(Egress.cilium());
    expect(program.object('NetworkPolicy', 'support').spec).not.toHaveProperty('egress');
    expect(program.object('Deployment', 'support').spec.template.spec).not.toHaveProperty('dnsPolicy');
  });

  it('cilium: an agent that calls only a toolset resolves only its Services', () => {
    const program = new Program('agents', ClusterProfile.generic({ egress: Egress.cilium() }));
    program.agent('support', { tools: [program.toolset('logs')] });
    const [dns, ...rest] = egressPolicy(program).spec.egress;
    expect(dns.toPorts[0].rules.dns).toContainEqual({ matchName: 'logs.agents.svc' });
    expect(dns.toPorts[0].rules.dns.every(({ matchName }: any) => /^logs(-pods)?\.agents\.svc/.test(matchName))).toBe(
      true,
    );
    expect(rest).toEqual([]);
    expect(program.object('NetworkPolicy', 'support').spec.egress).toHaveLength(1);
  });

  it('gke', () => {
    expect(egressPolicy(programWith(GKE, Peer.host('*.example.com')))).toEqual({
      apiVersion: 'networking.gke.io/v1alpha1',
      kind: 'FQDNNetworkPolicy',
      metadata: expect.objectContaining({ name: 'support-egress', namespace: 'agents' }),
      spec: {
        podSelector: { matchLabels: podLabels },
        egress: [
          {
            matches: [{ pattern: '*.example.com' }, { name: 'api.anthropic.com' }],
            ports: [{ protocol: 'TCP', port: 443 }],
          },
        ],
      },
    });
  });

  it('eks', () => {
    expect(egressPolicy(programWith(EKS, Peer.host('**.example.com')))).toEqual({
      apiVersion: 'networking.k8s.aws/v1alpha1',
      kind: 'ApplicationNetworkPolicy',
      metadata: expect.objectContaining({ name: 'support-egress', namespace: 'agents' }),
      spec: {
        podSelector: { matchLabels: podLabels },
        policyTypes: ['Egress'],
        egress: [
          {
            to: [{ domainNames: ['*.example.com', 'api.anthropic.com'] }],
            ports: [{ protocol: 'TCP', port: 443 }],
          },
        ],
      },
    });
  });

  it('clusterNetworkPolicy: of the whole cluster, so it selects these pods in this namespace only', () => {
    const { metadata, spec } = egressPolicy(programWith(CNP));
    expect(metadata).not.toHaveProperty('namespace');
    expect(metadata.name).toBe('agents.support-egress');
    expect(spec).toEqual({
      tier: 'Admin',
      priority: 1000,
      subject: {
        pods: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'agents' } },
          podSelector: { matchLabels: podLabels },
        },
      },
      egress: [
        {
          name: 'hosts-443',
          action: 'Accept',
          to: [{ domainNames: ['api.anthropic.com'] }],
          protocols: [{ tcp: { destinationPort: { number: 443 } } }],
        },
      ],
    });
  });

  it('clusterNetworkPolicy: 25 names a rule', () => {
    const hosts = Array.from({ length: 30 }, (_, i) => Peer.host(`h${i}.example.com`));
    const { egress } = egressPolicy(programWith(CNP, ...hosts)).spec;
    expect(egress.map(({ name, to }: any) => [name, to[0].domainNames.length])).toEqual([
      ['hosts-443', 25],
      ['hosts-443-2', 6],
    ]);
  });

  it.each([
    ['cilium', Egress.cilium()],
    ['gke', GKE],
    ['eks', EKS],
    ['clusterNetworkPolicy', CNP],
  ])('%s: a workload without hosts gets no policy by name', (_name, egress) => {
    const program = new Program('agents', ClusterProfile.generic({ egress }));
    program.agent('support');
    expect(egressPolicy(program)).toBeUndefined();
  });
});

describe('what an engine cannot hold fails synth', () => {
  it.each([
    ['cilium', Egress.cilium(), '**.example.com'],
    ['gke', GKE, '**.example.com'],
    ['eks', EKS, '*.example.com'],
    ['clusterNetworkPolicy', CNP, '*.example.com'],
    ['proxy', Egress.proxy(), '**.example.com'],
  ])('%s and a wildcard that it reads otherwise', (_name, egress, pattern) => {
    expect(() => programWith(egress, Peer.host(pattern)).synth()).toThrow(
      `[EGRESS_PATTERN_UNSUPPORTED] chart/support: "${pattern}" stands for`,
    );
  });

  it.each([
    ['gke', Egress.gke({ dataplaneV2: false, fqdnNetworkPolicy: true }), 'Dataplane V2'],
    ['gke', Egress.gke({ dataplaneV2: true, fqdnNetworkPolicy: false }), '--enable-fqdn-network-policy'],
    ['eks', Egress.eks({ autoMode: false }), 'Auto Mode'],
    ['clusterNetworkPolicy', Egress.clusterNetworkPolicy({ experimentalChannel: false }), 'experimental channel'],
    ['none', Egress.none(), 'an egress engine'],
  ])('%s without %s', (_name, egress, lacked) => {
    const program = programWith(egress);
    expect(() => program.synth()).toThrow(/\[EGRESS_PRECONDITION_MISSING\] chart\/support: /);
    expect(() => program.synth()).toThrow(lacked);
  });

  it('a program that needs no hosts does not need the precondition', () => {
    const program = new Program('agents', ClusterProfile.generic({ egress: Egress.none() }));
    program.gateway('gateway', { entries: [Entry.fromPods({ namespace: 'clients', podLabels: { app: 'cli' } })] });
    expect(() => program.synth()).not.toThrow();
  });
});
