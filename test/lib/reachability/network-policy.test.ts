import { Platform, type KubernetesObject } from 'agentyard/reachability';
import { deployment, namespace, networkPolicy } from './manifests';

const web = deployment('web', { labels: { tier: 'front' } });
const db = deployment('db', {
  containers: [{ name: 'db', ports: [{ name: 'sql', containerPort: 5432 }] }],
  initContainers: [
    { name: 'proxy', restartPolicy: 'Always', ports: [{ name: 'side', containerPort: 7000 }] },
    { name: 'setup', ports: [{ name: 'gone', containerPort: 9000 }] },
  ],
});
const other = deployment('web', {}, 'other');

/** Whether one workload reaches another; workloads as `namespace/name`. */
function reaches(policies: KubernetesObject[], from: string, to: string, port: number, protocol?: 'TCP' | 'UDP') {
  const platform = Platform.fromObjects([web, db, other, ...policies]);
  const find = (path: string) => platform.workload(...(path.split('/') as [string, string]));
  return platform.canReach(find(from), find(to), port, protocol).allowed;
}

describe('isolation', () => {
  it('without a policy everything is open', () => {
    expect(reaches([], 'shop/web', 'shop/db', 5432)).toBe(true);
    expect(reaches([], 'other/web', 'shop/db', 1, 'UDP')).toBe(true);
  });

  it('a policy that selects a pod closes the directions that it is about, and no other', () => {
    const ingress = networkPolicy({ podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Ingress'] });
    expect(reaches([ingress], 'shop/web', 'shop/db', 5432)).toBe(false);
    expect(reaches([ingress], 'shop/db', 'shop/web', 80)).toBe(true);
    const egress = networkPolicy({ podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Egress'] });
    expect(reaches([egress], 'shop/web', 'shop/db', 5432)).toBe(true);
    expect(reaches([egress], 'shop/db', 'shop/web', 80)).toBe(false);
  });

  it('is about ingress alone unless it says otherwise or has egress rules', () => {
    const closed = networkPolicy({});
    expect(reaches([closed], 'other/web', 'shop/web', 80)).toBe(false);
    expect(reaches([closed], 'shop/web', 'other/web', 80)).toBe(true);
    const withRule = networkPolicy({ egress: [{ ports: [{ port: 80 }] }] });
    expect(reaches([withRule], 'shop/web', 'other/web', 80)).toBe(true);
    expect(reaches([withRule], 'shop/web', 'other/web', 81)).toBe(false);
    expect(reaches([withRule], 'other/web', 'shop/web', 80)).toBe(false);
  });

  it('rules of a direction that policyTypes leaves out have no effect', () => {
    const policy = networkPolicy({ policyTypes: ['Ingress'], egress: [{ ports: [{ port: 80 }] }] });
    expect(reaches([policy], 'shop/web', 'other/web', 443)).toBe(true);
    const closed = networkPolicy({ policyTypes: ['Egress'] }, 'closed');
    expect(reaches([policy, closed], 'shop/web', 'other/web', 80)).toBe(false);
  });

  it('is about pods of its own namespace alone', () => {
    expect(reaches([networkPolicy({}, 'p', 'other')], 'shop/web', 'shop/db', 1)).toBe(true);
    expect(reaches([networkPolicy({}, 'p', 'other')], 'shop/web', 'other/web', 1)).toBe(false);
  });

  it('policies add up: what any of them allows is allowed', () => {
    const one = networkPolicy({ ingress: [{ ports: [{ port: 1 }] }] }, 'one');
    const two = networkPolicy({ ingress: [{ ports: [{ port: 2 }] }] }, 'two');
    expect([1, 2, 3].map((port) => reaches([one, two], 'shop/web', 'shop/db', port))).toEqual([true, true, false]);
  });

  it('both sides must allow a connection', () => {
    const out = networkPolicy(
      { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'], egress: [{ ports: [{ port: 5432 }] }] },
      'out',
    );
    const none = networkPolicy({ podSelector: { matchLabels: { app: 'db' } } }, 'none');
    const same = networkPolicy(
      { podSelector: { matchLabels: { app: 'db' } }, ingress: [{ ports: [{ port: 5432 }] }] },
      'same',
    );
    expect(reaches([out], 'shop/web', 'shop/db', 5432)).toBe(true);
    expect(reaches([out, none], 'shop/web', 'shop/db', 5432)).toBe(false);
    expect(reaches([out, same], 'shop/web', 'shop/db', 5432)).toBe(true);
    expect(reaches([out, same], 'shop/web', 'shop/db', 5433)).toBe(false);
  });

  it('pods in the network of their node escape policies, and reach and are reached from pods on that node', () => {
    const agent = deployment('agent', { hostNetwork: true });
    const platform = Platform.fromObjects([web, agent, networkPolicy({ policyTypes: ['Ingress', 'Egress'] })]);
    const [from, to] = platform.workloads as [(typeof platform.workloads)[0], (typeof platform.workloads)[0]];
    expect(platform.canReach(to, from, 80)).toMatchObject({
      allowed: true,
      because: [expect.stringContaining('Deployment shop/agent uses the network of its node')],
    });
    expect(platform.canReach(from, to, 80).allowed).toBe(true);
    expect(platform.canReach(from, '1.1.1.1', 80).allowed).toBe(false);
    expect(platform.canReach(to, '1.1.1.1', 80).allowed).toBe(true);
  });
});

describe('peers', () => {
  const from = (...peers: unknown[]) => networkPolicy({ ingress: [{ from: peers }] });
  const labelled = [namespace('shop', { team: 'a' }), namespace('other', { team: 'b' })];

  it.each([
    ['a pod selector: pods of the same namespace', [{ podSelector: { matchLabels: { app: 'web' } } }], true, false],
    ['an empty pod selector: all pods of the same namespace', [{ podSelector: {} }], true, false],
    ['a namespace selector: all pods there', [{ namespaceSelector: { matchLabels: { team: 'b' } } }], false, true],
    ['an empty namespace selector: all pods everywhere', [{ namespaceSelector: {} }], true, true],
    [
      'by the label that every namespace has',
      [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } }],
      false,
      true,
    ],
    [
      'both in one element: both must hold',
      [{ namespaceSelector: { matchLabels: { team: 'b' } }, podSelector: { matchLabels: { tier: 'front' } } }],
      false,
      false,
    ],
    [
      'two elements: either',
      [{ namespaceSelector: { matchLabels: { team: 'b' } } }, { podSelector: { matchLabels: { tier: 'front' } } }],
      true,
      true,
    ],
  ])('%s', (_, peers, sameNamespace, otherNamespace) => {
    const policies = [from(...peers), ...labelled];
    expect(reaches(policies, 'shop/web', 'shop/db', 1)).toBe(sameNamespace);
    expect(reaches(policies, 'other/web', 'shop/db', 1)).toBe(otherNamespace);
  });

  it.each([
    ['In', { key: 'tier', operator: 'In', values: ['front', 'back'] }, true],
    ['In, another value', { key: 'tier', operator: 'In', values: ['back'] }, false],
    ['NotIn', { key: 'tier', operator: 'NotIn', values: ['back'] }, true],
    ['NotIn, that value', { key: 'tier', operator: 'NotIn', values: ['front'] }, false],
    ['NotIn, without the label', { key: 'absent', operator: 'NotIn', values: ['x'] }, true],
    ['Exists', { key: 'tier', operator: 'Exists' }, true],
    ['Exists, without the label', { key: 'absent', operator: 'Exists' }, false],
    ['DoesNotExist', { key: 'tier', operator: 'DoesNotExist' }, false],
    ['DoesNotExist, without the label', { key: 'absent', operator: 'DoesNotExist' }, true],
  ])('matchExpressions: %s', (_, expression, expected) => {
    const policies = [from({ podSelector: { matchExpressions: [expression] } })];
    expect(reaches(policies, 'shop/web', 'shop/db', 1)).toBe(expected);
  });

  it('labels and expressions must all hold', () => {
    const policies = [
      from({
        podSelector: {
          matchLabels: { app: 'web' },
          matchExpressions: [{ key: 'tier', operator: 'In', values: ['back'] }],
        },
      }),
    ];
    expect(reaches(policies, 'shop/web', 'shop/db', 1)).toBe(false);
  });

  it.each([
    ['missing', {}],
    ['empty', { from: [] }],
  ])('%s: everybody', (_, rule) => {
    const platform = Platform.fromObjects([db, networkPolicy({ ingress: [rule] })]);
    const target = platform.workload('shop', 'db');
    expect(platform.canReach('203.0.113.7', target, 1).allowed).toBe(true);
    expect(platform.canReach({ namespace: 'x', labels: {} }, target, 1).allowed).toBe(true);
  });

  it('takes the labels of a namespace that is not among the manifests for unknown, but for its name', () => {
    const byTeam = from({ namespaceSelector: { matchLabels: { team: 'b' } } });
    expect(reaches([byTeam], 'other/web', 'shop/db', 1)).toBe(true);
    expect(reaches([byTeam, namespace('other')], 'other/web', 'shop/db', 1)).toBe(false);
    const byName = from({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'third' } } });
    expect(reaches([byName], 'other/web', 'shop/db', 1)).toBe(false);
  });

  it('takes labels that controllers add to pods for unknown', () => {
    const policies = [from({ podSelector: { matchLabels: { app: 'web', 'pod-template-hash': 'x' } } })];
    expect(reaches(policies, 'shop/web', 'shop/db', 1)).toBe(true);
  });
});

describe('blocks of addresses', () => {
  const to = (...blocks: unknown[]) =>
    Platform.fromObjects([
      web,
      deployment('open', {}, 'elsewhere'),
      networkPolicy({ policyTypes: ['Egress'], egress: [{ to: blocks.map((ipBlock) => ({ ipBlock })) }] }),
    ]);
  const reach = (platform: Platform, target: string) =>
    platform.canReach(platform.workload('shop', 'web'), target, 443).allowed;

  it('cover the addresses within them, without the exceptions', () => {
    const platform = to({ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] });
    expect(['10.0.0.1', '10.255.255.255', '10.1.2.3', '11.0.0.0'].map((ip) => reach(platform, ip))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('know IPv6, and IPv4 within it', () => {
    const platform = to({ cidr: '2001:db8::/32' }, { cidr: '192.0.2.0/24' });
    const addresses = ['2001:db8:1::1', '2001:db9::1', '::ffff:192.0.2.9', '192.0.2.9'];
    expect(addresses.map((ip) => reach(platform, ip))).toEqual([true, false, true, true]);
  });

  it('of IPv4 within IPv6 are those of IPv4, as Kubernetes reads them', () => {
    const addresses = ['10.1.2.3', '11.1.2.3', '::ffff:10.1.2.3', '2001:db8::1'];
    const open = (cidr: string) => addresses.map((ip) => reach(to({ cidr }), ip));
    expect(open('::ffff:10.0.0.0/104')).toEqual([true, false, true, false]);
    expect(open('::ffff:0:0/96')).toEqual([true, true, true, false]);
    expect(open('::ffff:0:0/95')).toEqual([false, false, false, false]);
    expect(open('::/0')).toEqual([false, false, false, true]);
  });

  it('mean any name of the internet if they hold any public address', () => {
    expect(reach(to({ cidr: '0.0.0.0/0' }), 'api.openai.com')).toBe(true);
    expect(reach(to({ cidr: '198.41.0.0/24' }), 'api.openai.com')).toBe(true);
    expect(reach(to({ cidr: '10.0.0.0/8' }, { cidr: 'fd00::/8' }), 'api.openai.com')).toBe(false);
  });

  it('mean a name at the addresses that it is told to have', () => {
    const objects = [
      web,
      networkPolicy({ policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '10.1.2.0/24' } }] }] }),
    ];
    const at = (address: string) => {
      const platform = Platform.fromObjects(objects, { hosts: { 'vllm.corp.example': [address] } });
      return platform.canReach(platform.workload('shop', 'web'), 'VLLM.corp.example.', 443).allowed;
    };
    expect([at('10.1.2.7'), at('10.1.3.7')]).toEqual([true, false]);
  });

  it('may hold pods: anywhere in the private ranges, or where the cluster is told to have them', () => {
    const objects = [
      web,
      deployment('open', {}, 'elsewhere'),
      networkPolicy({ policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '10.1.0.0/16' } }] }] }),
    ];
    const reachesPod = (clusterCidrs?: string[]) => {
      const platform = Platform.fromObjects(objects, { clusterCidrs });
      return platform.canReach(platform.workload('shop', 'web'), platform.workload('elsewhere', 'open'), 443).allowed;
    };
    expect(reachesPod()).toBe(true);
    expect(reachesPod(['10.244.0.0/16'])).toBe(false);
    expect(reachesPod(['10.0.0.0/8'])).toBe(true);
  });
});

describe('ports', () => {
  const at = (...ports: unknown[]) => [
    networkPolicy({ podSelector: { matchLabels: { app: 'db' } }, ingress: [{ ports }] }),
  ];
  const open = (policies: KubernetesObject[], ...asked: [number, 'TCP' | 'UDP'][]) =>
    asked.map(([port, protocol]) => reaches(policies, 'shop/web', 'shop/db', port, protocol));

  it('missing or empty: all ports and protocols', () => {
    expect(open(at(), [1, 'TCP'], [65535, 'UDP'])).toEqual([true, true]);
  });

  it('are of TCP unless they say otherwise', () => {
    expect(open(at({ port: 53 }), [53, 'TCP'], [53, 'UDP'], [54, 'TCP'])).toEqual([true, false, false]);
    expect(open(at({ port: 53, protocol: 'UDP' }), [53, 'TCP'], [53, 'UDP'])).toEqual([false, true]);
  });

  it('a protocol alone: all of its ports', () => {
    expect(open(at({ protocol: 'UDP' }), [7, 'UDP'], [7, 'TCP'])).toEqual([true, false]);
  });

  it('a range ends with endPort', () => {
    expect(open(at({ port: 10, endPort: 12 }), [9, 'TCP'], [10, 'TCP'], [12, 'TCP'], [13, 'TCP'])).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('a name is that of a container port, of sidecars too, with its protocol', () => {
    expect(open(at({ port: 'sql' }), [5432, 'TCP'], [5432, 'UDP'], [5433, 'TCP'])).toEqual([true, false, false]);
    expect(open(at({ port: 'side' }), [7000, 'TCP'])).toEqual([true]);
    expect(open(at({ port: 'gone' }), [9000, 'TCP'])).toEqual([false]);
    expect(open(at({ port: 'sql', protocol: 'UDP' }), [5432, 'TCP'])).toEqual([false]);
  });

  it('a name in an egress rule is that of the pods that are called', () => {
    const policy = networkPolicy({
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Egress'],
      egress: [{ ports: [{ port: 'sql' }] }],
    });
    expect(open([policy], [5432, 'TCP'], [5433, 'TCP'])).toEqual([true, false]);
  });
});

describe('reasons', () => {
  it('name the policies and rules of both sides', () => {
    const out = networkPolicy(
      {
        podSelector: { matchLabels: { app: 'web' } },
        policyTypes: ['Egress'],
        egress: [
          { ports: [{ port: 1 }] },
          { to: [{ podSelector: { matchLabels: { app: 'db' } } }], ports: [{ port: 2 }] },
        ],
      },
      'out',
    );
    const platform = Platform.fromObjects([web, db, out]);
    const [from, to] = [platform.workload('shop', 'web'), platform.workload('shop', 'db')];
    expect(platform.canReach(from, to, 2)).toEqual({
      allowed: true,
      via: 'direct',
      because: [
        'NetworkPolicy shop/out allows it: egress rule 2, to pods app=db in namespace shop',
        'no policy limits ingress of Deployment shop/db',
      ],
    });
    expect(platform.canReach(from, to, 3)).toEqual({
      allowed: false,
      because: [
        'Deployment shop/web is closed for egress by NetworkPolicy shop/out, and no rule allows to Deployment shop/db at TCP 3',
      ],
    });
  });

  it('say "may" where the manifests do not tell', () => {
    const policy = networkPolicy({
      policyTypes: ['Egress'],
      egress: [{ to: [{ namespaceSelector: { matchLabels: { team: 'b' } } }] }],
    });
    const platform = Platform.fromObjects([web, other, policy]);
    const verdict = platform.canReach(platform.workload('shop', 'web'), platform.workload('other', 'web'), 80);
    expect(verdict.because[0]).toBe(
      'NetworkPolicy shop/policy may allow it: egress rule 1, to all pods in namespaces team=b',
    );
  });
});
