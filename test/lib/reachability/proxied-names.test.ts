import { Platform, type KubernetesObject } from 'agentyard/reachability';
import { deployment, networkPolicy, service } from './manifests';

const LIST = 20_001;
const PROXY = 'StatefulSet shop/egress-proxy';

/** The egress proxy with one list, of one host, and policies that let the agent to it and it to the addresses. */
function proxied(name: string, privateCidrs: string[], exits: string[], parent?: { host: string; port: number }) {
  const document = {
    kind: 'EgressProxy',
    version: 1,
    name: 'egress-proxy',
    namespace: 'shop',
    listen: { port: 8080 },
    allowLists: [{ port: LIST, hosts: [{ name, port: 443, privateCidrs }] }],
    parent,
    reload: { replicas: 1, slotMs: 30_000, drainMs: 8_000 },
    shutdown: { graceMs: 1000 },
  };
  const config = { 'egress-proxy.json': JSON.stringify(document) };
  const labels = { app: 'proxy', 'agentyard.dev/runtime': 'egress-proxy' };
  const spec = { containers: [{ name: 'c' }], volumes: [{ name: 'config', configMap: { name: 'config' } }] };
  const policy = (app: string, rules: object) =>
    networkPolicy({ podSelector: { matchLabels: { app } }, policyTypes: ['Ingress', 'Egress'], ...rules }, app);
  const pods = (app: string) => ({ podSelector: { matchLabels: { app } } });
  const blocks = exits.map((cidr) => ({ ipBlock: { cidr } }));
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config', namespace: 'shop' }, data: config },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'egress-proxy', namespace: 'shop' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
    deployment('agent'),
    policy('agent', { egress: [{ to: [pods('proxy')], ports: [{ port: LIST }] }] }),
    policy('proxy', {
      ingress: [{ from: [pods('agent')], ports: [{ port: LIST }] }],
      egress: [{ to: blocks, ports: [{ port: parent?.port ?? 443 }] }],
    }),
  ];
}

function ask(objects: readonly KubernetesObject[], name: string, hosts: Record<string, string[]> = {}) {
  const platform = Platform.fromObjects(objects, { hosts });
  return platform.canReach(platform.workload('shop', 'agent'), name, 443);
}

describe('a host behind the egress proxy, where it is told where its name leads', () => {
  const PUBLIC = ['203.0.113.0/24', '10.1.0.0/16'];
  const plain = proxied('api.example.com', [], PUBLIC);
  const declared = proxied('api.example.com', ['10.1.2.0/24'], PUBLIC);

  it.each<[string, KubernetesObject[], string[], boolean]>([
    ['to a public address', plain, ['203.0.113.9'], true],
    ['to public ones, to one of which the proxy may get out', plain, ['203.0.113.9', '2600::1'], true],
    ['to one to which the proxy may not get out', plain, ['2600::1'], false],
    ['to a private one', plain, ['10.1.2.7'], false],
    ['to the proxy itself', plain, ['127.0.0.1'], false],
    ['to a private one beside a public one', plain, ['203.0.113.9', '10.1.2.7'], false],
    ['nowhere', plain, [], false],
    ['to a private one that is declared for it', declared, ['10.1.2.7'], true],
    ['to such a one beside a public one', declared, ['203.0.113.9', '10.1.2.7'], true],
    ['to a private one that is not declared for it', declared, ['10.1.3.7'], false],
    ['to such a one beside one that is', declared, ['10.1.2.7', '10.1.3.7'], false],
  ])('%s', (_, objects, addresses, allowed) => {
    const verdict = ask(objects, 'API.example.com.', { 'api.example.com': addresses });
    expect(verdict).toMatchObject(allowed ? { allowed, via: 'proxy' } : { allowed });
  });

  it('that is refused says so', () => {
    expect(ask(plain, 'api.example.com', { 'api.example.com': ['10.1.2.7'] }).because).toEqual([
      expect.stringContaining('Deployment shop/agent is closed for egress'),
      `the list at port ${LIST} of ${PROXY} names api.example.com:443`,
      `${PROXY} refuses it, since the name leads to no address or to one that is private and not declared for it`,
    ]);
  });

  it('and behind a parent proxy, which knows more names and gets further', () => {
    const objects = proxied('api.example.com', [], ['10.7.7.7/32'], { host: '10.7.7.7', port: 3128 });
    const reaches = (...addresses: string[]) =>
      ask(objects, 'api.example.com', { 'api.example.com': addresses }).allowed;
    expect([reaches(), reaches('2600::1'), reaches('10.1.2.7')]).toEqual([true, true, false]);
  });
});

describe('a host behind the egress proxy whose name looks like that of a Service', () => {
  const other = deployment('other', {}, 'dev');

  it('is reached by that name, since the proxy does not complete names', () => {
    const objects = [...proxied('web.dev', [], ['203.0.113.0/24']), other];
    expect(ask(objects, 'web.dev')).toMatchObject({ allowed: true, via: 'proxy' });
    expect(ask(objects, 'api.dev').allowed).toBe(false);
    const web = service('web', { selector: { app: 'other' }, ports: [{ port: 443 }] }, 'dev');
    expect(ask([...objects, web], 'web.dev')).toMatchObject({ allowed: true, via: 'proxy' });
  });

  it('is that host alone where it is told where the name leads', () => {
    const objects = [...proxied('web.dev', [], ['203.0.113.0/24']), other];
    expect(ask(objects, 'web.dev', { 'web.dev': ['203.0.113.9'] })).toMatchObject({ allowed: true, via: 'proxy' });
    expect(ask(objects, 'web.dev', { 'web.dev': ['10.1.2.7'] }).allowed).toBe(false);
  });

  it('leads to addresses of the cluster, if it is the whole name of a Service', () => {
    const name = 'web.dev.svc.cluster.local';
    const on = (...privateCidrs: string[]) => proxied(name, privateCidrs, ['0.0.0.0/0']);
    expect(ask([...on(), other], name).allowed).toBe(false);
    expect(ask([...on('10.96.0.0/12'), other], name)).toMatchObject({ allowed: true, via: 'proxy' });
  });
});

it('a name that leads nowhere is not reached, whatever is open', () => {
  const open = [deployment('agent'), networkPolicy({ policyTypes: ['Egress'], egress: [{}] })];
  expect(ask(open, 'api.example.com').allowed).toBe(true);
  expect(ask(open, 'api.example.com', { 'api.example.com': [] }).allowed).toBe(false);
});
