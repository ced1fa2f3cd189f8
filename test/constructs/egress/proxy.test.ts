import { Chart, Testing } from 'cdk8s';
import { ClusterProfile, Credentials, Egress, IpFamily, Model, Peer, Port } from 'agentyard';
import { Program, type Manifest } from '../program';
import { silenceWarnings } from '../silence-warnings';

silenceWarnings();

const credentials = Credentials.fromSecretName('s');
const anthropic = Model.anthropic('m', { credentials });
const openai = Model.openai('m', { credentials });

/** The objects of the chart in which the proxy was made. */
function proxyObjects(program: Program, chart = 'egress-proxy-agents'): Manifest[] {
  program.app.synthYaml();
  return Testing.synth(program.app.node.findChild(chart) as Chart);
}
const ofKind = (objects: Manifest[], kind: string): Manifest => objects.find((object) => object.kind === kind);
const documentOf = (objects: Manifest[]): Manifest =>
  JSON.parse(ofKind(objects, 'ConfigMap').data['egress-proxy.json']);
const environment = (program: Program, kind: string, name: string): Record<string, string> =>
  Object.fromEntries(
    program.object(kind, name).spec.template.spec.containers[0].env.map(({ name: key, value }: any) => [key, value]),
  );
const proxyPort = (program: Program, agent: string): number =>
  Number(new URL(environment(program, 'Deployment', agent).HTTPS_PROXY ?? '').port);

describe('the proxy engine, which needs nothing but NetworkPolicy', () => {
  it('binds the port of an allow list to the workloads that have it, on both sides', () => {
    const program = new Program();
    program.agent('one', { model: anthropic });
    program.agent('two', { model: openai });
    const objects = proxyObjects(program);
    const [port1, port2] = [proxyPort(program, 'one'), proxyPort(program, 'two')];
    expect(port1).not.toBe(port2);
    const { ingress } = ofKind(objects, 'NetworkPolicy').spec;
    expect(ingress).toEqual(
      [
        ['one', port1],
        ['two', port2],
      ].map(([name, port]) => ({
        from: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'agents' } },
            podSelector: { matchLabels: { 'app.kubernetes.io/name': name, 'agentyard.dev/runtime': 'agent' } },
          },
        ],
        ports: [{ protocol: 'TCP', port }],
      })),
    );
    expect(program.object('NetworkPolicy', 'one').spec.egress).toContainEqual({
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'agents' } },
          podSelector: {
            matchLabels: { 'app.kubernetes.io/name': 'egress-proxy', 'agentyard.dev/runtime': 'egress-proxy' },
          },
        },
      ],
      ports: [{ protocol: 'TCP', port: port1 }],
    });
    expect(documentOf(objects).allowLists).toEqual(
      [
        { port: port1, name: 'api.anthropic.com' },
        { port: port2, name: 'api.openai.com' },
      ]
        .sort((a, b) => a.port - b.port)
        .map(({ port, name }) => ({ port, hosts: [{ name, port: 443, tls: true, privateCidrs: [] }] })),
    );
    expect(ofKind(objects, 'Service').spec.ports.map(({ port }: any) => port)).toEqual(
      [port1, port2].sort((a, b) => a - b),
    );
  });

  it('workloads with the same list share a port; the order of hosts does not matter', () => {
    const program = new Program();
    const hosts = ['a.example.com', 'b.example.com'];
    const [one, two] = [program.agent('one'), program.agent('two')];
    for (const host of hosts) one.connections.allowTo(Peer.host(host), Port.tcp(443));
    for (const host of [...hosts].reverse()) two.connections.allowTo(Peer.host(host), Port.tcp(443));
    expect(proxyPort(program, 'one')).toBe(proxyPort(program, 'two'));
    expect(documentOf(proxyObjects(program)).allowLists).toHaveLength(1);
  });

  it('the port of a list is the same in every program, and does not move when other lists come and go', () => {
    const alone = new Program();
    alone.agent('one', { model: anthropic });
    const among = new Program('elsewhere');
    for (let i = 0; i < 20; i++) {
      among.agent(`other-${i}`).connections.allowTo(Peer.host(`h${i}.example.com`), Port.tcp(443));
    }
    among.agent('one', { model: anthropic });
    expect(proxyPort(among, 'one')).toBe(proxyPort(alone, 'one'));
    expect(proxyPort(alone, 'one')).toBe(PINNED_PORT);
  });

  it('a wider list is another list with another port', () => {
    const program = new Program();
    program.agent('one', { model: anthropic });
    program.agent('two', { model: anthropic }).connections.allowTo(Peer.host('x.example.com'), Port.tcp(443));
    expect(proxyPort(program, 'two')).not.toBe(proxyPort(program, 'one'));
  });

  it('gives its clients the variables, and leaves what is in the cluster direct', () => {
    const program = new Program();
    program.agent('one', { model: anthropic });
    const url = `http://egress-proxy.agents.svc.cluster.local:${proxyPort(program, 'one')}`;
    const noProxy = 'localhost,127.0.0.1,::1,.svc,.cluster.local';
    expect(environment(program, 'Deployment', 'one')).toMatchObject({
      HTTP_PROXY: url,
      HTTPS_PROXY: url,
      NO_PROXY: noProxy,
      http_proxy: url,
      https_proxy: url,
      no_proxy: noProxy,
      NODE_USE_ENV_PROXY: '1',
    });
    program.agent('without');
    expect(environment(program, 'Deployment', 'without')).not.toHaveProperty('HTTPS_PROXY');
  });

  it('tools of a toolset with hosts see the variables too', () => {
    const program = new Program();
    program.toolset('web').connections.allowTo(Peer.host('api.github.com'), Port.tcp(443));
    program.toolset('logs');
    const seen = (name: string): string[] => program.document(`${name}-config`, 'toolset.json').environment;
    expect(seen('web')).toEqual(
      expect.arrayContaining(['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'NODE_USE_ENV_PROXY']),
    );
    expect(seen('logs')).toEqual([]);
  });

  it('goes out itself only to public addresses, at the ports in use, and to DNS', () => {
    const program = new Program();
    program.agent('one', { model: anthropic }).connections.allowTo(Peer.host('x.example.com'), Port.tcp(8443));
    const [dns, out, ...rest] = ofKind(proxyObjects(program), 'NetworkPolicy').spec.egress;
    expect(dns.to[0].podSelector).toEqual({ matchLabels: { 'k8s-app': 'kube-dns' } });
    expect(out).toEqual({
      to: [
        {
          ipBlock: {
            cidr: '0.0.0.0/0',
            except: [
              '0.0.0.0/8',
              '10.0.0.0/8',
              '100.64.0.0/10',
              '127.0.0.0/8',
              '169.254.0.0/16',
              '172.16.0.0/12',
              '192.168.0.0/16',
              '224.0.0.0/4',
              '240.0.0.0/4',
            ],
          },
        },
      ],
      ports: [
        { protocol: 'TCP', port: 443 },
        { protocol: 'TCP', port: 8443 },
      ],
    });
    expect(rest).toEqual([]);
  });

  it('a private endpoint is opened for its name and its block alone', () => {
    const program = new Program();
    const privateEndpoints = [Peer.cidr('10.1.2.0/24')];
    program.agent('one', { model: Model.anthropic('m', { credentials, privateEndpoints }) });
    const objects = proxyObjects(program);
    expect(documentOf(objects).allowLists[0].hosts).toEqual([
      { name: 'api.anthropic.com', port: 443, tls: true, privateCidrs: ['10.1.2.0/24'] },
    ]);
    expect(ofKind(objects, 'NetworkPolicy').spec.egress).toContainEqual({
      to: [{ ipBlock: { cidr: '10.1.2.0/24' } }],
      ports: [{ protocol: 'TCP', port: 443 }],
    });
  });

  it('with a parent proxy it goes there and nowhere else', () => {
    const parentProxy = { host: 'proxy.corp.example', port: 3128, cidrs: ['10.9.9.9/32'] };
    const program = new Program('agents', ClusterProfile.generic({ parentProxy }));
    program.agent('one', { model: anthropic });
    const objects = proxyObjects(program);
    expect(documentOf(objects).parent).toEqual({ host: 'proxy.corp.example', port: 3128 });
    const [, ...out] = ofKind(objects, 'NetworkPolicy').spec.egress;
    expect(out).toEqual([{ to: [{ ipBlock: { cidr: '10.9.9.9/32' } }], ports: [{ protocol: 'TCP', port: 3128 }] }]);
  });

  it('reaches addresses of both families in a dual-stack cluster', () => {
    const program = new Program('agents', ClusterProfile.generic({ ipFamily: IpFamily.DUAL_STACK }));
    program.agent('one', { model: anthropic });
    const objects = proxyObjects(program);
    const blocks = ofKind(objects, 'NetworkPolicy')
      .spec.egress.slice(1)
      .map(({ to }: any) => to[0].ipBlock);
    expect(blocks.map(({ cidr }: any) => cidr)).toEqual(['0.0.0.0/0', '::/0']);
    expect(blocks[1].except).toEqual(expect.arrayContaining(['fc00::/7', 'fe80::/10', '64:ff9b::/96', '::1/128']));
    expect(ofKind(objects, 'Service').spec).toMatchObject({ ipFamilyPolicy: 'RequireDualStack' });
  });

  it('is a StatefulSet of two, so that its pods reload one at a time', () => {
    const program = new Program();
    program.agent('one', { model: anthropic });
    const objects = proxyObjects(program);
    const { spec } = ofKind(objects, 'StatefulSet');
    expect(spec).toMatchObject({ replicas: 2, serviceName: 'egress-proxy-pods' });
    expect(spec.template.spec.containers[0].env).toContainEqual({
      name: 'AGENTYARD_REPLICA_INDEX',
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" } },
    });
    expect(documentOf(objects).reload).toEqual({ replicas: 2, slotMs: 30000, drainMs: 8000 });
  });

  it('stands in each namespace that needs one, or in the one that is named', () => {
    const program = new Program();
    program.agent('one', { model: anthropic });
    program.agent('two', { model: anthropic }, new Chart(program.app, 'other', { namespace: 'other' }));
    program.app.synthYaml();
    expect(program.app.node.children.map(({ node }) => node.id)).toEqual(
      expect.arrayContaining(['egress-proxy-agents', 'egress-proxy-other']),
    );
    const shared = new Program('agents', ClusterProfile.generic({ egress: Egress.proxy({ namespace: 'egress' }) }));
    shared.agent('one', { model: anthropic });
    shared.agent('two', { model: openai }, new Chart(shared.app, 'other', { namespace: 'other' }));
    expect(documentOf(proxyObjects(shared, 'egress-proxy')).allowLists).toHaveLength(2);
  });

  it('is not there where nobody needs it', () => {
    const program = new Program();
    program.agent('one', { tools: [program.toolset('logs')] });
    expect(program.app.node.children.map(({ node }) => node.id)).toEqual(['chart']);
  });

  it('an image of one’s own must say that it heeds the proxy', () => {
    const image = 'example.com/mine:1';
    const program = new Program();
    program.agent('one', { model: anthropic, image });
    expect(() => program.synth()).toThrow(/\[EGRESS_PROXY_IGNORED\] chart\/one/);
    const honest = new Program();
    honest.agent('one', { model: anthropic, image, honoursProxy: true });
    expect(() => honest.synth()).not.toThrow();
  });
});

/** Pinned: a list that moved to another port would lose its clients until every pod has rolled. */
const PINNED_PORT = 17784;
