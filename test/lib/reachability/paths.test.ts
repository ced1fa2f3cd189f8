import { Platform, type KubernetesObject, type Path } from 'agentyard/reachability';
import { deployment, networkPolicy } from './manifests';

const agent = deployment('agent');
const tools = deployment('tools');
const about = (app: string, spec: Record<string, unknown>) =>
  networkPolicy({ podSelector: { matchLabels: { app } }, ...spec }, app);
const dns = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [{ port: 53, protocol: 'UDP' }, { port: 53 }],
};

const brief = (paths: readonly Path[]) =>
  paths.map(({ kind, peer, port, protocol, dns: isDns }) => [kind, peer, port, protocol, ...(isDns ? ['dns'] : [])]);
const from = (name: string, ...objects: KubernetesObject[]) => {
  const platform = Platform.fromObjects(objects);
  return brief(platform.reachable(platform.workload('shop', name)));
};
const to = (name: string, ...objects: KubernetesObject[]) => {
  const platform = Platform.fromObjects(objects);
  return brief(platform.callers(platform.workload('shop', name)));
};

describe('reachable', () => {
  it('nothing, where everything is closed', () => {
    expect(from('agent', agent, tools, networkPolicy({ policyTypes: ['Ingress', 'Egress'] }))).toEqual([]);
  });

  it('workloads that let it in, other pods, and DNS as a path', () => {
    const egress = [
      dns,
      { to: [{ podSelector: { matchLabels: { app: 'tools' } } }], ports: [{ port: 8080, endPort: 8090 }] },
    ];
    const objects = [agent, tools, about('agent', { policyTypes: ['Ingress', 'Egress'], egress })];
    expect(
      from('agent', ...objects, about('tools', { ingress: [{ ports: [{ port: 8085, endPort: 9000 }] }] })),
    ).toEqual([
      ['workload', 'Deployment shop/tools', '8085-8090', 'TCP'],
      ['pods', 'pods k8s-app=kube-dns in namespace kube-system', '53', 'TCP', 'dns'],
      ['pods', 'pods k8s-app=kube-dns in namespace kube-system', '53', 'UDP', 'dns'],
    ]);
  });

  it('anyone, and every workload that lets it in, where no policy selects its pods', () => {
    const closed = about('closed', {});
    expect(from('agent', agent, tools, deployment('closed'), closed)).toEqual([
      ['workload', 'Deployment shop/agent', 'all', 'any'],
      ['workload', 'Deployment shop/tools', 'all', 'any'],
      ['anyone', 'anyone', 'all', 'any', 'dns'],
    ]);
  });

  it('blocks of addresses, and the pods that may live in them', () => {
    const egress = [{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }], ports: [{ port: 443 }] }];
    const objects = [agent, tools, about('agent', { policyTypes: ['Egress'], egress })];
    expect(from('agent', ...objects)).toEqual([
      ['addresses', '0.0.0.0/0 except 10.0.0.0/8', '443', 'TCP'],
      ['workload', 'Deployment shop/agent', '443', 'TCP'],
      ['workload', 'Deployment shop/tools', '443', 'TCP'],
    ]);
  });

  it('all pods of a namespace, those of the program by name', () => {
    const egress = [{ to: [{ podSelector: {} }], ports: [{ port: 1 }] }];
    expect(from('agent', agent, tools, about('agent', { policyTypes: ['Egress'], egress }))).toEqual([
      ['workload', 'Deployment shop/agent', '1', 'TCP'],
      ['workload', 'Deployment shop/tools', '1', 'TCP'],
      ['pods', 'all pods in namespace shop', '1', 'TCP'],
    ]);
  });

  it('hosts by name and entities', () => {
    const cilium: KubernetesObject = {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'c', namespace: 'shop' },
      spec: {
        endpointSelector: {},
        egress: [
          {
            toFQDNs: [{ matchName: 'a.example' }, { matchPattern: '*.b.example' }],
            toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }],
          },
          { toEntities: ['kube-apiserver'], toPorts: [{ ports: [{ port: '6443', protocol: 'TCP' }] }] },
        ],
      },
    };
    expect(from('agent', agent, cilium)).toEqual([
      ['host', '*.b.example', '443', 'TCP'],
      ['host', 'a.example', '443', 'TCP'],
      ['entity', 'the entity kube-apiserver', '6443', 'TCP'],
    ]);
  });

  it('what the Admin tier accepts, without what it denies', () => {
    const admin: KubernetesObject = {
      apiVersion: 'policy.networking.k8s.io/v1alpha2',
      kind: 'ClusterNetworkPolicy',
      metadata: { name: 'c' },
      spec: {
        tier: 'Admin',
        priority: 1,
        subject: { namespaces: {} },
        egress: [
          { action: 'Deny', to: [{ networks: ['10.1.0.0/16'] }] },
          {
            action: 'Accept',
            to: [{ domainNames: ['a.example'] }, { networks: ['10.1.0.0/16'] }, { networks: ['10.2.0.0/16'] }],
            protocols: [{ tcp: { destinationPort: { number: 443 } } }],
          },
        ],
      },
    };
    const closed = about('agent', { policyTypes: ['Egress'] });
    expect(from('agent', agent, closed, admin).filter(([kind]) => kind !== 'workload')).toEqual([
      ['addresses', '10.2.0.0/16', '443', 'TCP'],
      ['host', 'a.example', '443', 'TCP'],
    ]);
  });

  it('gives the reasons of both sides', () => {
    const egress = [{ to: [{ podSelector: { matchLabels: { app: 'tools' } } }], ports: [{ port: 1 }] }];
    const platform = Platform.fromObjects([
      agent,
      tools,
      about('agent', { policyTypes: ['Egress'], egress }),
      about('tools', { ingress: [{}] }),
    ]);
    expect(platform.reachable(platform.workload('shop', 'agent'))[0]?.because).toEqual([
      'NetworkPolicy shop/agent allows it: egress rule 1, to pods app=tools in namespace shop',
      'NetworkPolicy shop/tools allows it: ingress rule 1, from everybody',
    ]);
  });
});

describe('callers', () => {
  it('nobody, where everything is closed', () => {
    expect(to('tools', agent, tools, networkPolicy({}))).toEqual([]);
  });

  it('workloads that are let out, other pods, and addresses', () => {
    const ingress = [
      {
        from: [
          { podSelector: { matchLabels: { app: 'agent' } } },
          { podSelector: { matchLabels: { app: 'mute' } } },
          { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } },
          { ipBlock: { cidr: '203.0.113.0/24' } },
        ],
        ports: [{ port: 8080 }],
      },
    ];
    const mute = about('mute', { policyTypes: ['Egress'] });
    expect(to('tools', agent, tools, deployment('mute'), mute, about('tools', { ingress }))).toEqual([
      ['addresses', '203.0.113.0/24', '8080', 'TCP'],
      ['workload', 'Deployment shop/agent', '8080', 'TCP'],
      ['pods', 'all pods in namespace ingress-nginx', '8080', 'TCP'],
    ]);
  });

  it('anyone, where no policy selects its pods', () => {
    expect(to('tools', tools)).toEqual([
      ['workload', 'Deployment shop/tools', 'all', 'any'],
      ['anyone', 'anyone', 'all', 'any'],
    ]);
  });
});

describe('pods beside those of the program', () => {
  const web = deployment('web', { labels: { tier: 'front' } });
  const db = deployment('db', { labels: { tier: 'back' } });
  /** Who calls the agent if it lets in what a selector selects, in its namespace. */
  const calledBy = (podSelector: unknown, ...workloads: KubernetesObject[]) => {
    const ingress = [{ from: [{ podSelector }], ports: [{ port: 1 }] }];
    return to('agent', agent, ...workloads, about('agent', { ingress })).map(([, peer]) => peer);
  };
  const where = (key: string, operator: string, ...values: string[]) => ({ key, operator, values });

  it.each([
    ['the labels by which a workload selects its pods', { matchLabels: { app: 'web' } }, []],
    ['those and more', { matchLabels: { app: 'web', tier: 'front' } }, []],
    ['some that others may have too', { matchLabels: { tier: 'front' } }, ['pods tier=front in namespace shop']],
    ['a list that names it alone', { matchExpressions: [where('app', 'In', 'web')] }, []],
    [
      'a list that names others too',
      { matchLabels: { tier: 'front' }, matchExpressions: [where('app', 'In', 'web', 'evil')] },
      ['pods tier=front, app=evil in namespace shop'],
    ],
    [
      'a requirement that others meet too',
      { matchExpressions: [where('app', 'NotIn', 'agent')] },
      ['Deployment shop/db', 'pods app not in (agent) in namespace shop'],
    ],
    ['all pods', {}, ['Deployment shop/agent', 'Deployment shop/db', 'all pods in namespace shop']],
  ])('%s', (_, selector, others) => {
    expect(calledBy(selector, web, db).sort()).toEqual(['Deployment shop/web', ...others].sort());
  });

  it('a list of workloads of the program means no others', () => {
    const selector = { matchExpressions: [where('app', 'In', 'web', 'db')] };
    expect(calledBy(selector, web, db)).toEqual(['Deployment shop/db', 'Deployment shop/web']);
  });

  it('the labels of a workload in namespaces that are not told by name', () => {
    const peer = { namespaceSelector: { matchLabels: { team: 'a' } }, podSelector: { matchLabels: { app: 'web' } } };
    expect(to('agent', agent, web, about('agent', { ingress: [{ from: [peer] }] })).map(([, end]) => end)).toEqual([
      'Deployment shop/web',
      'pods app=web in namespaces team=a',
    ]);
  });

  it('a workload that says nothing of its selector is known by all of its labels', () => {
    const job: KubernetesObject = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'job', namespace: 'shop' },
      spec: { template: { metadata: { labels: { app: 'job', run: 'once' } }, spec: { containers: [] } } },
    };
    expect(calledBy({ matchLabels: { app: 'job', run: 'once' } }, job)).toEqual(['Job shop/job']);
    expect(calledBy({ matchLabels: { app: 'job' } }, job)).toEqual(['Job shop/job', 'pods app=job in namespace shop']);
  });

  it('a workload without labels is known by none', () => {
    const bare: KubernetesObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bare', namespace: 'shop' } };
    expect(calledBy({ matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, bare)).toEqual([
      'Pod shop/bare',
      'pods without app in namespace shop',
    ]);
  });

  it('endpoints of Cilium', () => {
    const cilium = (endpoint: Record<string, unknown>): KubernetesObject => ({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'c', namespace: 'shop' },
      spec: {
        endpointSelector: { matchLabels: { app: 'agent' } },
        ingress: [{ fromEndpoints: [endpoint], toPorts: [{ ports: [{ port: '1', protocol: 'TCP' }] }] }],
      },
    });
    const callers = (endpoint: Record<string, unknown>) =>
      to('agent', agent, web, cilium(endpoint)).map(([, peer]) => peer);
    expect(callers({ matchLabels: { 'k8s:app': 'web' } })).toEqual(['Deployment shop/web']);
    expect(callers({ matchLabels: { tier: 'front' } })).toEqual([
      'Deployment shop/web',
      'endpoints tier=front in namespace shop',
    ]);
  });

  it('are among what is reachable, too', () => {
    const egress = [{ to: [{ podSelector: { matchLabels: { tier: 'front' } } }], ports: [{ port: 1 }] }];
    expect(from('agent', agent, web, about('agent', { policyTypes: ['Egress'], egress }))).toEqual([
      ['workload', 'Deployment shop/web', '1', 'TCP'],
      ['pods', 'pods tier=front in namespace shop', '1', 'TCP'],
    ]);
  });
});

describe('workloads', () => {
  const kinds: [string, string, (template: unknown) => Record<string, unknown>][] = [
    ['apps/v1', 'Deployment', (template) => ({ spec: { template } })],
    ['apps/v1', 'StatefulSet', (template) => ({ spec: { template } })],
    ['apps/v1', 'DaemonSet', (template) => ({ spec: { template } })],
    ['apps/v1', 'ReplicaSet', (template) => ({ spec: { template } })],
    ['batch/v1', 'Job', (template) => ({ spec: { template } })],
    ['batch/v1', 'CronJob', (template) => ({ spec: { jobTemplate: { spec: { template } } } })],
  ];

  it.each(kinds)('%s %s', (apiVersion, kind, wrap) => {
    const template = { metadata: { labels: { app: 'agent' } }, spec: { containers: [] } };
    const object = { apiVersion, kind, metadata: { name: 'one' }, ...wrap(template) };
    const platform = Platform.fromObjects([
      object,
      networkPolicy({ podSelector: { matchLabels: { app: 'agent' } }, policyTypes: ['Egress'] }, 'p', 'default'),
    ]);
    expect(platform.workloads.map(({ title, labels }) => [title, labels])).toEqual([
      [`${kind} default/one`, { app: 'agent' }],
    ]);
    expect(platform.canReach(platform.workload('default', 'one'), '8.8.8.8', 1).allowed).toBe(false);
  });

  it('a Pod is its own template', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'shop', labels: { app: 'agent' } },
      spec: { hostNetwork: true },
    };
    const [workload] = Platform.fromObjects([pod]).workloads;
    expect(workload).toMatchObject({ title: 'Pod shop/p', labels: { app: 'agent' }, pods: { hostNetwork: true } });
  });

  it('of one name are told apart by kind', () => {
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'agent', namespace: 'shop' } };
    const platform = Platform.fromObjects([agent, job]);
    expect(() => platform.workload('shop', 'agent')).toThrow('there are 2');
    expect(platform.workload('shop', 'agent', 'Job').title).toBe('Job shop/agent');
  });
});
