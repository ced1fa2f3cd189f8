import { PRIVATE_IPV4 } from 'agentyard/contract';
import { Platform, type KubernetesObject } from 'agentyard/reachability';
import { deployment, namespace, networkPolicy, service } from './manifests';

const web = deployment('web');
const db = deployment('db', { containers: [{ name: 'db', ports: [{ name: 'sql', containerPort: 5432 }] }] });
const other = deployment('web', {}, 'other');

describe('names of Services', () => {
  const back = service('back', {
    selector: { app: 'db' },
    ports: [
      { port: 80, targetPort: 'sql' },
      { port: 81, targetPort: 7000 },
    ],
  });
  const onlySql = networkPolicy({
    podSelector: { matchLabels: { app: 'db' } },
    ingress: [{ ports: [{ port: 'sql' }] }],
  });

  function reach(
    to: string,
    port: number,
    objects: KubernetesObject[] = [back],
    from: [string, string] = ['shop', 'web'],
  ) {
    const platform = Platform.fromObjects([web, db, other, onlySql, ...objects]);
    return platform.canReach(platform.workload(...from), to, port).allowed;
  }

  it('lead to its pods, at the port that its port stands for', () => {
    for (const name of ['back', 'back.shop', 'back.shop.svc', 'BACK.shop.svc.cluster.local.']) {
      expect([80, 81, 5432].map((port) => reach(name, port))).toEqual([true, false, false]);
    }
  });

  it('without a namespace mean that of who asks', () => {
    const here = service('back', { selector: { app: 'web' }, ports: [{ port: 80 }] }, 'other');
    const closed = networkPolicy({}, 'closed', 'other');
    expect(reach('back', 80, [back, here, closed], ['shop', 'web'])).toBe(true);
    expect(reach('back', 80, [back, here, closed], ['other', 'web'])).toBe(false);
  });

  it('of a headless Service lead to the ports of the pods, and those of its pods to the same', () => {
    const headless = service('back', { clusterIP: 'None', selector: { app: 'db' }, ports: [{ port: 80 }] });
    expect(reach('back.shop.svc', 5432, [headless])).toBe(true);
    expect(reach('db-0.back.shop.svc.cluster.local', 5432, [headless])).toBe(true);
    expect(reach('back.shop.svc', 80, [headless])).toBe(false);
  });

  it('follow an ExternalName', () => {
    const alias = service('alias', { type: 'ExternalName', externalName: 'back.shop.svc.cluster.local' });
    expect(reach('alias', 80, [back, alias])).toBe(true);
    expect(reach('alias', 81, [back, alias])).toBe(false);
    const loop = service('loop', { type: 'ExternalName', externalName: 'loop.shop.svc' });
    expect(() => reach('loop', 80, [loop])).toThrow('alias of itself');
  });

  it('that are not among the manifests may lead to any pod of the namespace', () => {
    const closed = networkPolicy(
      {
        podSelector: { matchLabels: { app: 'web' } },
        policyTypes: ['Egress'],
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'data' } },
                podSelector: { matchLabels: { app: 'redis' } },
              },
            ],
            ports: [{ port: 6379 }],
          },
        ],
      },
      'closed',
    );
    expect(reach('redis.data.svc', 6379, [closed])).toBe(true);
    expect(reach('redis.cache.svc', 6379, [closed])).toBe(false);
  });

  describe('that resolvers complete', () => {
    const egress = (to: unknown[], port: number) =>
      networkPolicy(
        { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'], egress: [{ to, ports: [{ port }] }] },
        'egress',
      );
    const inNamespaces = (selector: unknown) => ({
      namespaceSelector: selector,
      podSelector: { matchLabels: { app: 'pg' } },
    });
    const named = { matchLabels: { 'kubernetes.io/metadata.name': 'data' } };
    const listed = {
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['data', 'cache'] }],
    };

    it.each([
      ['names', inNamespaces(named)],
      ['lists', inNamespaces(listed)],
    ])('lead into a namespace that a policy %s', (_, peer) => {
      for (const name of ['pg.data', 'pg-0.pg.data', 'pg.data.svc']) {
        expect([name, reach(name, 5432, [egress([peer], 5432)])]).toEqual([name, true]);
      }
      expect(reach('pg.else', 5432, [egress([peer], 5432)])).toBe(false);
    });

    it('lead into a namespace that every cluster has, or whose Namespace is among the manifests', () => {
      const objects = [namespace('cache'), egress([inNamespaces({})], 6379)];
      expect(['pg.cache', 'pg.default', 'pg.nowhere'].map((name) => reach(name, 6379, objects))).toEqual([
        true,
        true,
        false,
      ]);
    });

    it('lead to a pod of a headless Service', () => {
      const headless = service('back', { clusterIP: 'None', selector: { app: 'db' }, ports: [{ port: 80 }] });
      expect(
        reach('db-0.back', 5432, [headless, egress([{ podSelector: { matchLabels: { app: 'db' } } }], 5432)]),
      ).toBe(true);
    });

    it('may also be those of hosts, unless the Service or the addresses of the host are told', () => {
      const internet = egress([{ ipBlock: { cidr: '0.0.0.0/0', except: PRIVATE_IPV4 } }], 443);
      const closed = networkPolicy({ policyTypes: ['Ingress'] }, 'closed');
      expect(reach('api.shop', 443, [internet, closed])).toBe(true);
      const own = service('api', { selector: { app: 'db' }, ports: [{ port: 443 }] });
      expect(reach('api.shop', 443, [internet, closed, own])).toBe(false);
      const told = Platform.fromObjects([web, egress([inNamespaces(named)], 443)], {
        hosts: { 'api.data': ['8.8.8.8'] },
      });
      expect(told.canReach(told.workload('shop', 'web'), 'api.data', 443).allowed).toBe(false);
    });
  });

  it('in another cluster domain are names of the internet', () => {
    const platform = Platform.fromObjects(
      [web, db, back, onlySql, networkPolicy({ policyTypes: ['Egress'] }, 'no-egress')],
      {
        clusterDomain: 'corp.example',
      },
    );
    const verdict = (to: string) => platform.canReach(platform.workload('shop', 'web'), to, 80).because.join();
    expect(verdict('back.shop.svc.corp.example')).toContain('Deployment shop/db');
    expect(verdict('back.shop.svc.cluster.local')).not.toContain('Deployment shop/db');
  });
});

describe('other ends', () => {
  it('the machine that asks always reaches itself', () => {
    const platform = Platform.fromObjects([web, networkPolicy({ policyTypes: ['Egress'] })]);
    const from = platform.workload('shop', 'web');
    expect(['localhost', '127.0.0.1', '::1', '0.0.0.0'].map((to) => platform.canReach(from, to, 80).allowed)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('the API server may have any address, unless it is told', () => {
    const objects = [
      web,
      networkPolicy({
        policyTypes: ['Egress'],
        egress: [{ to: [{ ipBlock: { cidr: '10.0.0.1/32' } }], ports: [{ port: 6443 }] }],
      }),
    ];
    const reach = (hosts?: Record<string, string[]>) => {
      const platform = Platform.fromObjects(objects, { hosts });
      return platform.canReach(platform.workload('shop', 'web'), 'kubernetes.default.svc', 443).allowed;
    };
    expect(reach()).toBe(true);
    expect(reach({ 'kubernetes.default.svc': ['10.0.0.1'] })).toBe(true);
    expect(reach({ 'kubernetes.default.svc': ['10.0.0.2'] })).toBe(false);
  });

  it('pods of no manifest come with their labels, and with the policies that select them', () => {
    const policies = [
      networkPolicy({ ingress: [{ from: [{ podSelector: { matchLabels: { app: 'job' } } }] }] }),
      networkPolicy({ podSelector: { matchLabels: { quiet: 'yes' } }, policyTypes: ['Egress'] }, 'quiet'),
    ];
    const platform = Platform.fromObjects([db, ...policies]);
    const reach = (labels: Record<string, string>) =>
      platform.canReach({ namespace: 'shop', labels }, platform.workload('shop', 'db'), 1).allowed;
    expect([reach({ app: 'job' }), reach({ app: 'x' }), reach({ app: 'job', quiet: 'yes' })]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('refuses questions that policies cannot answer', () => {
    const platform = Platform.fromObjects([web]);
    const from = platform.workload('shop', 'web');
    expect(() => platform.canReach(from, from, 0)).toThrow('0 is no port');
    expect(() => platform.canReach('example.com', from, 80)).toThrow('a DNS name can only be called');
    expect(() => platform.canReach('1.1.1.1', 'example.com', 80)).toThrow('no policy decides');
    expect(() => platform.canReach(from, 'not a name', 80)).toThrow('neither a DNS name nor an IP address');
    expect(() => platform.workload('shop', 'nobody')).toThrow('there are 0 of workload shop/nobody');
    const another = Platform.fromObjects([web]);
    expect(() => another.canReach(from, 'example.com', 80)).toThrow('a workload of another platform');
  });
});
