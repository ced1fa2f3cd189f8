import { Platform, type KubernetesObject } from 'agentyard/reachability';
import { deployment, namespace, networkPolicy } from './manifests';

const agent = deployment('agent', { serviceAccountName: 'agent' });
const tools = deployment('tools', { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }] });
const far = deployment('tools', {}, 'far');

function cilium(spec: Record<string, unknown>, name = 'cnp', more: Record<string, unknown> = {}): KubernetesObject {
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name, namespace: 'shop' },
    spec: { endpointSelector: { matchLabels: { app: 'agent' } }, ...spec },
    ...more,
  };
}

const tcp = (...ports: (number | string)[]) => [
  { ports: ports.map((port) => ({ port: String(port), protocol: 'TCP' })) },
];

function reach(policies: KubernetesObject[], to: string, port = 443, protocol: 'TCP' | 'UDP' = 'TCP'): boolean {
  const platform = Platform.fromObjects([agent, tools, far, ...policies]);
  const [ns, name] = to.split('/');
  const target = name === undefined ? to : platform.workload(ns ?? '', name);
  return platform.canReach(platform.workload('shop', 'agent'), target, port, protocol).allowed;
}

describe('toFQDNs', () => {
  const to = (...names: Record<string, string>[]) => [cilium({ egress: [{ toFQDNs: names, toPorts: tcp(443) }] })];

  it('opens the name at its ports, whatever its case and final dot, and nothing else', () => {
    const policies = to({ matchName: 'Api.OpenAI.com' });
    expect(reach(policies, 'api.openai.com')).toBe(true);
    expect(reach(policies, 'API.openai.com.')).toBe(true);
    expect(reach(policies, 'api.openai.com', 80)).toBe(false);
    expect(reach(policies, 'api.openai.com', 443, 'UDP')).toBe(false);
    expect(reach(policies, 'openai.com')).toBe(false);
    expect(reach(policies, 'api.openai.com.evil.example')).toBe(false);
    expect(reach(policies, '104.18.7.192')).toBe(false);
    expect(reach(policies, 'shop/tools')).toBe(false);
  });

  it.each([
    ['*.example.com', ['a.example.com'], ['example.com', 'a.b.example.com', 'aexample.com']],
    ['*example.com', ['example.com', 'sub-example.com'], ['a.example.com']],
    ['sub*.example.com', ['sub.example.com', 'subway.example.com'], ['a.example.com']],
    ['**.example.com', ['a.example.com', 'a.b.example.com'], ['example.com']],
    ['*', ['anything.test', '8.8.8.8', '10.0.0.1'], []],
  ])('matchPattern %s', (matchPattern, open, closed) => {
    for (const name of open) expect([name, reach(to({ matchPattern }), name)]).toEqual([name, true]);
    for (const name of closed) expect([name, reach(to({ matchPattern }), name)]).toEqual([name, false]);
  });
});

describe('a question with a wildcard', () => {
  const to = (name: Record<string, string>) => [cilium({ egress: [{ toFQDNs: [name] }] })];

  it('asks for any name that it stands for', () => {
    expect(reach(to({ matchPattern: '*.example.com' }), '*.example.com')).toBe(true);
    expect(reach(to({ matchPattern: '**.com' }), '*.example.com')).toBe(true);
    expect(reach(to({ matchName: 'www.example.com' }), '*.example.com')).toBe(false);
  });
});

describe('endpoints', () => {
  const egress = (selector: unknown) => [cilium({ egress: [{ toEndpoints: [selector] }] })];

  it.each([
    ['of the policy’s namespace unless they say otherwise', { matchLabels: { app: 'tools' } }, true, false],
    ['an empty selector: all of the policy’s namespace', {}, true, false],
    [
      'of another namespace',
      { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'far', 'k8s:app': 'tools' } },
      false,
      true,
    ],
    [
      'of namespaces by their labels',
      { matchLabels: { 'k8s:io.cilium.k8s.namespace.labels.team': 'far', app: 'tools' } },
      false,
      true,
    ],
    [
      'of any namespace',
      { matchExpressions: [{ key: 'io.kubernetes.pod.namespace', operator: 'Exists' }] },
      true,
      true,
    ],
  ])('%s', (_, selector, near, distant) => {
    const policies = [...egress(selector), namespace('far', { team: 'far' }), namespace('shop')];
    expect([reach(policies, 'shop/tools'), reach(policies, 'far/tools')]).toEqual([near, distant]);
  });

  it('by service account', () => {
    const from = (account: string) =>
      cilium({
        endpointSelector: { matchLabels: { app: 'tools' } },
        ingress: [{ fromEndpoints: [{ matchLabels: { 'io.cilium.k8s.policy.serviceaccount': account } }] }],
      });
    expect([reach([from('agent')], 'shop/tools'), reach([from('other')], 'shop/tools')]).toEqual([true, false]);
  });

  it('an empty list means nobody, an empty rule means nothing', () => {
    expect(reach([cilium({ egress: [{ toEndpoints: [], toPorts: tcp(443) }] })], 'shop/tools')).toBe(false);
    expect(reach([cilium({ egress: [{}] })], 'shop/tools')).toBe(false);
    expect(reach([cilium({ egress: [] })], 'shop/tools')).toBe(true);
  });

  it('ports without peers mean everybody', () => {
    const policies = [cilium({ egress: [{ toPorts: tcp(443) }] })];
    expect([reach(policies, 'far/tools'), reach(policies, 'example.com'), reach(policies, 'example.com', 80)]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('ports', () => {
  const open = (ports: unknown[], ...asked: [number, 'TCP' | 'UDP'][]) =>
    asked.map(([port, protocol]) =>
      reach([cilium({ egress: [{ toEndpoints: [{}], toPorts: [{ ports }] }] })], 'shop/tools', port, protocol),
    );

  it('without a protocol, or with ANY, mean all', () => {
    expect(open([{ port: '53' }], [53, 'TCP'], [53, 'UDP'], [54, 'UDP'])).toEqual([true, true, false]);
    expect(open([{ port: '53', protocol: 'ANY' }], [53, 'UDP'])).toEqual([true]);
  });

  it('may be ranges, names, or 0 for all', () => {
    expect(open([{ port: '10', endPort: 12, protocol: 'TCP' }], [12, 'TCP'], [13, 'TCP'])).toEqual([true, false]);
    expect(open([{ port: 'http', protocol: 'TCP' }], [8080, 'TCP'], [8081, 'TCP'])).toEqual([true, false]);
    expect(open([{ port: '0', protocol: 'UDP' }], [9, 'UDP'], [9, 'TCP'])).toEqual([true, false]);
  });

  it('a rule about ICMP opens no port', () => {
    const policies = [cilium({ egress: [{ toEndpoints: [{}], icmps: [{ fields: [{ type: 8 }] }] }] })];
    expect(reach(policies, 'shop/tools')).toBe(false);
  });
});

describe('entities and blocks', () => {
  it.each([
    ['world', { 'example.com': true, '10.0.0.1': true, 'shop/tools': false, 'kubernetes.default.svc': true }],
    ['cluster', { 'example.com': false, 'shop/tools': true, 'far/tools': true, 'kubernetes.default.svc': true }],
    ['kube-apiserver', { 'example.com': false, 'shop/tools': false, 'kubernetes.default.svc': true }],
    ['all', { 'example.com': true, 'shop/tools': true, 'kubernetes.default.svc': true }],
    ['none', { 'example.com': false, 'shop/tools': false, 'kubernetes.default.svc': false }],
  ])('%s', (entity, expected) => {
    const policies = [cilium({ egress: [{ toEntities: [entity] }] })];
    const actual = Object.fromEntries(Object.keys(expected).map((to) => [to, reach(policies, to)]));
    expect(actual).toEqual(expected);
  });

  it('blocks mean machines outside of the cluster, never pods', () => {
    const policies = [
      cilium({
        egress: [
          { toCIDR: ['10.0.0.0/8', '192.0.2.1'] },
          { toCIDRSet: [{ cidr: '0.0.0.0/0', except: ['1.0.0.0/8'] }] },
        ],
      }),
    ];
    const targets = ['10.9.9.9', '192.0.2.1', '1.1.1.1', '8.8.8.8', 'shop/tools'];
    expect(targets.map((to) => reach(policies, to))).toEqual([true, true, false, true, false]);
  });
});

describe('with other policies', () => {
  const closed = networkPolicy({ policyTypes: ['Egress'], podSelector: { matchLabels: { app: 'agent' } } });

  it('adds to what NetworkPolicies allow', () => {
    const policies = [closed, cilium({ egress: [{ toFQDNs: [{ matchName: 'example.com' }] }] })];
    expect([reach(policies, 'example.com'), reach(policies, 'example.org')]).toEqual([true, false]);
  });

  it('what it denies is denied, whoever allows it', () => {
    const open = networkPolicy({ policyTypes: ['Egress'], egress: [{}] }, 'open');
    const deny = cilium({ egressDeny: [{ toEndpoints: [{ matchLabels: { app: 'tools' } }], toPorts: tcp(22) }] });
    expect([reach([open, deny], 'shop/tools', 22), reach([open, deny], 'shop/tools', 80)]).toEqual([false, true]);
    const denyIn = cilium({
      endpointSelector: { matchLabels: { app: 'tools' } },
      ingress: [{ fromEntities: ['all'] }],
      ingressDeny: [{ fromEndpoints: [{ matchLabels: { app: 'agent' } }] }],
    });
    expect(reach([denyIn], 'shop/tools')).toBe(false);
    expect(reach([denyIn], 'far/tools')).toBe(true);
  });

  it('a denial that may not match denies nothing', () => {
    const deny = cilium({ egressDeny: [{ toCIDR: ['1.0.0.0/8'] }], enableDefaultDeny: { egress: false } });
    expect([reach([deny], 'example.com'), reach([deny], '1.1.1.1')]).toEqual([true, false]);
  });

  it('closes the directions that it has rules for, unless it says otherwise', () => {
    const deny = { egressDeny: [{ toEntities: ['kube-apiserver'] }] };
    expect(reach([cilium(deny)], 'example.com')).toBe(false);
    expect(reach([cilium({ ...deny, enableDefaultDeny: { egress: false } })], 'example.com')).toBe(true);
  });

  it('reads every one of its specs', () => {
    const spec = { endpointSelector: {}, egress: [{ toEntities: ['none'] }] };
    expect(reach([cilium({ egress: [{}] }, 'cnp', { spec: undefined, specs: [spec] })], 'example.com')).toBe(false);
  });
});

describe('DNS', () => {
  const dns = (names?: Record<string, string>[]) =>
    cilium({
      egress: [
        {
          toEndpoints: [
            { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s:k8s-app': 'kube-dns' } },
          ],
          toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }], ...(names && { rules: { dns: names } }) }],
        },
      ],
    });
  const verdict = (policies: KubernetesObject[], name: string) => {
    const platform = Platform.fromObjects([agent, ...policies]);
    return platform.canReach(platform.workload('shop', 'agent'), name, 443);
  };

  it('is a path for every name, unless its questions are limited', () => {
    const reason = 'CiliumNetworkPolicy shop/cnp allows it: egress rule 1, to endpoints';
    expect(verdict([dns()], 'evil.example')).toMatchObject({ allowed: false, dns: [expect.stringContaining(reason)] });
    const limited = [dns([{ matchName: 'api.openai.com' }, { matchPattern: '*.corp.example' }])];
    expect(verdict(limited, 'evil.example').dns).toBeUndefined();
    expect(verdict(limited, 'api.openai.com').dns).toHaveLength(1);
    expect(verdict(limited, 'x.corp.example').dns).toHaveLength(1);
  });

  it('limits do not hold beside a rule without them', () => {
    const beside = networkPolicy({ egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] });
    expect(verdict([dns([{ matchName: 'api.openai.com' }]), beside], 'evil.example').dns).toBeDefined();
  });

  it('stands among what is reachable, with the names', () => {
    const platform = Platform.fromObjects([agent, dns([{ matchName: 'api.openai.com' }])]);
    expect(platform.reachable(platform.workload('shop', 'agent'))).toEqual([
      expect.objectContaining({
        kind: 'pods',
        peer: 'endpoints k8s-app=kube-dns in namespace kube-system',
        port: '53',
        protocol: 'any',
        dns: true,
        dnsNames: ['api.openai.com'],
      }),
    ]);
  });
});
