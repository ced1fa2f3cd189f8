import { Platform, type KubernetesObject } from 'agentyard/reachability';
import { deployment, networkPolicy, service } from './manifests';

const LIST = 20_001;
const OTHER_LIST = 20_002;
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'];

const document = (more: Record<string, unknown> = {}) => ({
  kind: 'EgressProxy',
  version: 1,
  name: 'egress-proxy',
  namespace: 'shop',
  listen: { port: 8080 },
  allowLists: [
    {
      port: LIST,
      hosts: [
        { name: 'api.openai.com', port: 443 },
        { name: '*.corp.example', port: 8443 },
      ],
    },
    { port: OTHER_LIST, hosts: [{ name: 'vllm.lan.example', port: 443, privateCidrs: ['10.1.2.0/24'] }] },
  ],
  reload: { replicas: 2, slotMs: 30_000, drainMs: 8_000 },
  shutdown: { graceMs: 1000 },
  ...more,
});

const config = (text = JSON.stringify(document())): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'egress-proxy-config', namespace: 'shop' },
  data: { 'egress-proxy.json': text },
});

const proxy: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'egress-proxy', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'proxy' } },
    template: {
      metadata: { labels: { app: 'proxy', 'agentyard.dev/runtime': 'egress-proxy' } },
      spec: { containers: [{ name: 'c' }], volumes: [{ name: 'config', configMap: { name: 'egress-proxy-config' } }] },
    },
  },
};

const toProxy = (port: number) => ({ to: [{ podSelector: { matchLabels: { app: 'proxy' } } }], ports: [{ port }] });
const agentPolicy = (...egress: unknown[]) =>
  networkPolicy(
    { podSelector: { matchLabels: { app: 'agent' } }, policyTypes: ['Ingress', 'Egress'], egress },
    'agent',
  );
const internet = (...ports: number[]) => ({
  to: [{ ipBlock: { cidr: '0.0.0.0/0', except: PRIVATE } }],
  ports: ports.map((port) => ({ port })),
});
const proxyPolicy = (...egress: unknown[]) =>
  networkPolicy(
    {
      podSelector: { matchLabels: { app: 'proxy' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ podSelector: { matchLabels: { app: 'agent' } } }], ports: [{ port: LIST }, { port: OTHER_LIST }] },
      ],
      egress,
    },
    'proxy',
  );

function platform(...more: KubernetesObject[]): Platform {
  return Platform.fromObjects([deployment('agent'), proxy, ...more]);
}

const agentReaches = (on: Platform, to: string, port = 443) => on.canReach(on.workload('shop', 'agent'), to, port);

describe('the egress proxy', () => {
  const usual = platform(config(), agentPolicy(toProxy(LIST)), proxyPolicy(internet(443, 8443)));

  it('leads a workload to the hosts of the list whose port it may reach', () => {
    expect(agentReaches(usual, 'API.openai.com.')).toEqual({
      allowed: true,
      via: 'proxy',
      because: [
        'NetworkPolicy shop/agent allows it: egress rule 1, to pods app=proxy in namespace shop',
        'NetworkPolicy shop/proxy allows it: ingress rule 1, from pods app=agent in namespace shop',
        'the list at port 20001 of StatefulSet shop/egress-proxy names api.openai.com:443',
        expect.stringContaining('NetworkPolicy shop/proxy may allow it: egress rule 1, to 0.0.0.0/0 except'),
      ],
    });
    expect(agentReaches(usual, 'a.corp.example', 8443).allowed).toBe(true);
  });

  it.each([
    ['another name', 'api.anthropic.com', 443],
    ['another port', 'api.openai.com', 8443],
    ['a name below a wildcard of one label', 'a.b.corp.example', 8443],
    ['a bare address', '104.18.7.192', 443],
    ['a host of another list', 'vllm.lan.example', 443],
  ])('not to %s', (_, host, port) => {
    expect(agentReaches(usual, host, port).allowed).toBe(false);
  });

  it('not over UDP', () => {
    expect(usual.canReach(usual.workload('shop', 'agent'), 'api.openai.com', 443, 'UDP').allowed).toBe(false);
  });

  it('leads nowhere that its own pods may not go, nor whom its own policy keeps out', () => {
    const noExit = platform(config(), agentPolicy(toProxy(LIST)), proxyPolicy(internet(80)));
    expect(agentReaches(noExit, 'api.openai.com')).toMatchObject({
      allowed: false,
      because: [
        expect.stringContaining('Deployment shop/agent is closed for egress'),
        'the list at port 20001 of StatefulSet shop/egress-proxy names api.openai.com:443',
        expect.stringContaining('StatefulSet shop/egress-proxy is closed for egress by NetworkPolicy shop/proxy'),
      ],
    });
    const keptOut = platform(config(), deployment('stranger'), proxyPolicy(internet(443)));
    expect(keptOut.canReach(keptOut.workload('shop', 'stranger'), 'api.openai.com', 443)).toMatchObject({
      allowed: true,
      via: 'direct',
    });
    const closedStranger = platform(
      config(),
      deployment('stranger'),
      proxyPolicy(internet(443)),
      networkPolicy(
        { podSelector: { matchLabels: { app: 'stranger' } }, policyTypes: ['Egress'], egress: [toProxy(LIST)] },
        'stranger',
      ),
    );
    expect(closedStranger.canReach(closedStranger.workload('shop', 'stranger'), 'api.openai.com', 443).allowed).toBe(
      false,
    );
  });

  it('leads to the private blocks of a host that are open to its pods', () => {
    const exit = (cidr: string) => ({ to: [{ ipBlock: { cidr } }], ports: [{ port: 443 }] });
    const at = (cidr: string) =>
      agentReaches(platform(config(), agentPolicy(toProxy(OTHER_LIST)), proxyPolicy(exit(cidr))), 'vllm.lan.example');
    expect([at('10.1.2.0/24').allowed, at('10.1.3.0/24').allowed]).toEqual([true, false]);
  });

  it('tells of a host into which private blocks it may lead, of those that are open to its pods', () => {
    const hosts = [{ name: 'vllm.lan.example', port: 443, privateCidrs: ['10.1.2.0/24', '10.9.0.0/16'] }];
    const lists = { allowLists: [{ port: OTHER_LIST, hosts }] };
    const found = (more: Record<string, unknown>, ...egress: unknown[]) => {
      const text = JSON.stringify(document({ ...lists, ...more }));
      const on = platform(config(text), agentPolicy(toProxy(OTHER_LIST)), proxyPolicy(...egress));
      return on.reachable(on.workload('shop', 'agent')).filter(({ via }) => via === 'proxy');
    };
    const inside = { to: [{ ipBlock: { cidr: '10.1.0.0/16' } }], ports: [{ port: 443 }] };
    const both = found({}, internet(443), inside);
    expect(both.map(({ peer, privateCidrs }) => [peer, privateCidrs])).toEqual([['vllm.lan.example', ['10.1.2.0/24']]]);
    expect(both[0]?.because).toEqual([
      expect.stringContaining('NetworkPolicy shop/agent allows it'),
      expect.stringContaining('NetworkPolicy shop/proxy allows it: ingress rule 1'),
      'the list at port 20002 of StatefulSet shop/egress-proxy names vllm.lan.example:443, which may lead to 10.1.2.0/24, 10.9.0.0/16',
      expect.stringContaining('NetworkPolicy shop/proxy may allow it: egress rule 1'),
      'NetworkPolicy shop/proxy allows it: egress rule 2, to 10.1.0.0/16',
    ]);
    expect(found({}, inside)[0]?.privateCidrs).toEqual(['10.1.2.0/24']);
    expect(found({}, internet(443))[0]).not.toHaveProperty('privateCidrs');
    const parent = { to: [{ ipBlock: { cidr: '10.7.7.7/32' } }], ports: [{ port: 3128 }] };
    expect(found({ parent: { host: '10.7.7.7', port: 3128 } }, parent)[0]?.privateCidrs).toEqual([
      '10.1.2.0/24',
      '10.9.0.0/16',
    ]);
  });

  it('goes through a parent proxy that is named, wherever its name leads', () => {
    const named = config(JSON.stringify(document({ parent: { host: 'proxy.corp.example', port: 3128 } })));
    const policy = agentPolicy(toProxy(LIST));
    const parent = { to: [{ ipBlock: { cidr: '10.7.7.7/32' } }], ports: [{ port: 3128 }] };
    expect(agentReaches(platform(named, policy, proxyPolicy(parent)), 'api.openai.com').allowed).toBe(true);
    expect(
      agentReaches(platform(named, policy, proxyPolicy({ ...parent, ports: [{ port: 1 }] })), 'api.openai.com').allowed,
    ).toBe(false);
  });

  it('goes through a parent proxy that a Service names, wherever its name leads', () => {
    const alias = service('parent', { type: 'ExternalName', externalName: 'proxy.corp.example' });
    const named = config(JSON.stringify(document({ parent: { host: 'parent.shop.svc', port: 3128 } })));
    const exit = { to: [{ ipBlock: { cidr: '10.7.7.7/32' } }], ports: [{ port: 3128 }] };
    expect(
      agentReaches(platform(named, alias, agentPolicy(toProxy(LIST)), proxyPolicy(exit)), 'api.openai.com').allowed,
    ).toBe(true);
  });

  it('goes through its parent proxy alone, if it has one', () => {
    const withParent = config(JSON.stringify(document({ parent: { host: '10.7.7.7', port: 3128 } })));
    const parent = { to: [{ ipBlock: { cidr: '10.7.7.7/32' } }], ports: [{ port: 3128 }] };
    const policy = agentPolicy(toProxy(LIST));
    expect(agentReaches(platform(withParent, policy, proxyPolicy(parent)), 'api.openai.com').allowed).toBe(true);
    expect(agentReaches(platform(withParent, policy, proxyPolicy(internet(443))), 'api.openai.com').allowed).toBe(
      false,
    );
  });

  it('stands among what is reachable, with the hosts behind it', () => {
    const paths = usual.reachable(usual.workload('shop', 'agent'));
    expect(paths.map(({ kind, peer, port, via, toProxy: leadsOn }) => [kind, peer, port, via, leadsOn])).toEqual([
      ['host', '*.corp.example', '8443', 'proxy', undefined],
      ['workload', 'StatefulSet shop/egress-proxy', '20001', 'direct', true],
      ['host', 'api.openai.com', '443', 'proxy', undefined],
    ]);
  });

  it.each([
    ['without its ConfigMap', [], 'no ConfigMap that it mounts holds egress-proxy.json'],
    [
      'of another version',
      [config(JSON.stringify(document({ version: 99 })))],
      '$.version: version 99 is not supported',
    ],
    ['with a field that is not known', [config(JSON.stringify(document({ open: true })))], '$.open: unknown key'],
  ])('%s is not understood', (_, objects, message) => {
    expect(() => platform(...objects)).toThrow(message);
  });
});
