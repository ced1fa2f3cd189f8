import { Platform, type KubernetesObject } from 'agentyard/reachability';
import { deployment, networkPolicy, service } from './manifests';

const agent = deployment('agent');
const tools = deployment('tools');
const closed = networkPolicy({ policyTypes: ['Ingress', 'Egress'] }, 'closed');
const podSelector = { matchLabels: { app: 'agent' } };

function reach(policies: KubernetesObject[], to: string, port = 443, protocol: 'TCP' | 'UDP' = 'TCP'): boolean {
  const platform = Platform.fromObjects([agent, tools, ...policies]);
  return platform.canReach(platform.workload('shop', 'agent'), to, port, protocol).allowed;
}

describe('FQDNNetworkPolicy', () => {
  const fqdn = (matches: unknown[], ports?: unknown[]): KubernetesObject => ({
    apiVersion: 'networking.gke.io/v1alpha1',
    kind: 'FQDNNetworkPolicy',
    metadata: { name: 'fqdn', namespace: 'shop' },
    spec: { podSelector, egress: [{ matches, ports }] },
  });

  it('adds hosts to what NetworkPolicies allow, and closes the rest by itself', () => {
    const policy = fqdn([{ name: 'api.openai.com' }], [{ protocol: 'TCP', port: 443 }]);
    for (const policies of [[policy], [policy, closed]]) {
      expect(reach(policies, 'api.openai.com')).toBe(true);
      expect(reach(policies, 'api.openai.com', 80)).toBe(false);
      expect(reach(policies, 'example.com')).toBe(false);
      expect(reach(policies, '8.8.8.8')).toBe(false);
    }
  });

  it('without ports opens all of them; without a protocol, or with ALL, every one', () => {
    const name = { name: 'a.example' };
    expect(reach([fqdn([name])], 'a.example', 7, 'UDP')).toBe(true);
    expect(reach([fqdn([name], [{ port: 7 }])], 'a.example', 7, 'UDP')).toBe(true);
    expect(reach([fqdn([name], [{ protocol: 'ALL' }])], 'a.example', 9, 'UDP')).toBe(true);
    expect(reach([fqdn([name], [{ protocol: 'TCP' }])], 'a.example', 9, 'UDP')).toBe(false);
  });

  it.each([
    ['*.google.com', ['www.google.com'], ['google.com', 'sub.www.google.com']],
    ['sub*.google.com', ['sub.google.com', 'subdomain.google.com'], ['www.google.com', 'google.com']],
    ['*.*.google.com', ['a.b.google.com'], ['a.google.com']],
    ['*a*.google.com', ['mail.google.com', 'maps.google.com'], ['cloud.google.com.evil.test', 'q.google.com']],
    ['*', ['anything.test', '8.8.8.8', '10.0.0.1'], []],
  ])('pattern %s', (pattern, open, closedHosts) => {
    for (const host of open) expect([host, reach([fqdn([{ pattern }])], host)]).toEqual([host, true]);
    for (const host of closedHosts) expect([host, reach([fqdn([{ pattern }])], host)]).toEqual([host, false]);
  });
});

describe('ApplicationNetworkPolicy', () => {
  const application = (spec: Record<string, unknown>): KubernetesObject => ({
    apiVersion: 'networking.k8s.aws/v1alpha1',
    kind: 'ApplicationNetworkPolicy',
    metadata: { name: 'anp', namespace: 'shop' },
    spec: { podSelector, ...spec },
  });
  const https = [{ protocol: 'TCP', port: 443 }];

  it('opens domain names beside the peers of a NetworkPolicy', () => {
    const policy = application({
      policyTypes: ['Egress'],
      egress: [
        { to: [{ domainNames: ['sts.eu-west-1.amazonaws.com'] }, { ipBlock: { cidr: '10.9.0.0/16' } }], ports: https },
      ],
    });
    for (const policies of [[policy], [policy, closed]]) {
      expect(reach(policies, 'sts.eu-west-1.amazonaws.com')).toBe(true);
      expect(reach(policies, 'sts.eu-west-1.amazonaws.com', 80)).toBe(false);
      expect(reach(policies, '10.9.0.5')).toBe(true);
      expect(reach(policies, 'kms.eu-west-1.amazonaws.com')).toBe(false);
    }
  });

  it('a wildcard stands for one or more labels', () => {
    const policy = application({ egress: [{ to: [{ domainNames: ['*.amazonaws.com'] }], ports: https }] });
    const names = ['a.amazonaws.com', 'a.b.amazonaws.com', 'amazonaws.com', 'xamazonaws.com'];
    expect(names.map((name) => reach([policy], name))).toEqual([true, true, false, false]);
  });

  it('a name may be that of a Service, and so mean its pods', () => {
    const lead = service('tools', { selector: { app: 'tools' }, ports: [{ port: 443 }] });
    const to = (name: string) => application({ policyTypes: ['Egress'], egress: [{ to: [{ domainNames: [name] }] }] });
    expect(reach([lead, to('tools.shop.svc.cluster.local')], 'tools.shop.svc')).toBe(true);
    expect(reach([lead, to('other.shop.svc.cluster.local')], 'tools.shop.svc')).toBe(false);
  });
});

describe('ClusterNetworkPolicy', () => {
  const subject = { namespaces: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } };
  const cluster = (
    tier: 'Admin' | 'Baseline',
    priority: number,
    egress: unknown[],
    name = `${tier}-${priority}`,
  ): KubernetesObject => ({
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name },
    spec: { tier, priority, subject, egress },
  });
  const rule = (action: string, to: unknown, protocols?: unknown) => ({ action, to: [to], protocols });
  const everywhere = { networks: ['0.0.0.0/0', '::/0'] };
  const example = { domainNames: ['example.com'] };

  it('an accept of the Admin tier ends evaluation, past the policies of the namespace', () => {
    const accept = cluster('Admin', 10, [rule('Accept', example)]);
    expect([reach([closed, accept], 'example.com'), reach([closed, accept], 'example.org')]).toEqual([true, false]);
  });

  it('an accept on one side does not open the other', () => {
    const accept = cluster('Admin', 10, [rule('Accept', { pods: { namespaceSelector: {}, podSelector: {} } })]);
    expect(reach([closed, accept], 'tools.shop.svc')).toBe(false);
  });

  it('lower priorities decide first, and rules in their order', () => {
    const deny = rule('Deny', everywhere);
    const accept = rule('Accept', example);
    expect(reach([cluster('Admin', 1, [accept]), cluster('Admin', 2, [deny])], 'example.com')).toBe(true);
    expect(reach([cluster('Admin', 2, [accept]), cluster('Admin', 1, [deny])], 'example.com')).toBe(false);
    expect(reach([cluster('Admin', 1, [accept, deny])], 'example.com')).toBe(true);
    expect(reach([cluster('Admin', 1, [deny, accept])], 'example.com')).toBe(false);
    expect(reach([cluster('Admin', 1, [accept, deny])], 'example.org')).toBe(false);
  });

  it('of policies with one priority the more open decides, since their order is not defined', () => {
    const [a, b] = [rule('Accept', example), rule('Deny', everywhere)];
    expect(reach([cluster('Admin', 1, [b], 'first'), cluster('Admin', 1, [a], 'second')], 'example.com')).toBe(true);
  });

  it('a pass leaves the decision to the policies of the namespace, past the rest of its tier', () => {
    const pass = cluster('Admin', 1, [rule('Pass', everywhere)]);
    const deny = cluster('Admin', 2, [rule('Deny', everywhere)]);
    expect(reach([pass, deny], '8.8.8.8')).toBe(true);
    expect(reach([pass, deny, closed], '8.8.8.8')).toBe(false);
    expect(reach([deny], '8.8.8.8')).toBe(false);
  });

  it('the Baseline tier decides where no NetworkPolicy selects the pods', () => {
    const deny = cluster('Baseline', 1, [rule('Deny', everywhere)]);
    expect(reach([deny], '8.8.8.8')).toBe(false);
    const open = networkPolicy({ egress: [{}] }, 'open');
    expect(reach([deny, open], '8.8.8.8')).toBe(true);
    expect(reach([cluster('Baseline', 0, [rule('Accept', everywhere)]), deny], '8.8.8.8')).toBe(true);
  });

  it('ports, ranges and names of ports', () => {
    const only = (protocols: unknown) => [closed, cluster('Admin', 1, [rule('Accept', everywhere, protocols)])];
    const one = only([{ tcp: { destinationPort: { number: 443 } } }]);
    expect([reach(one, '8.8.8.8'), reach(one, '8.8.8.8', 80), reach(one, '8.8.8.8', 443, 'UDP')]).toEqual([
      true,
      false,
      false,
    ]);
    const range = only([{ udp: { destinationPort: { range: { start: 10, end: 20 } } } }]);
    expect([reach(range, '8.8.8.8', 20, 'UDP'), reach(range, '8.8.8.8', 21, 'UDP')]).toEqual([true, false]);
    const named = [{ action: 'Accept', to: [{ namespaces: {} }], protocols: [{ destinationNamedPort: 'http' }] }];
    const target = deployment(
      'named',
      { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }] },
      'far',
    );
    const platform = Platform.fromObjects([agent, target, closed, cluster('Admin', 1, named)]);
    const at = (port: number) =>
      platform.canReach(platform.workload('shop', 'agent'), platform.workload('far', 'named'), port).allowed;
    expect([at(8080), at(8081)]).toEqual([true, false]);
  });

  it('an end is reached if it may have an address that is let through, and not if different rules need different ones', () => {
    const deny = cluster('Admin', 1, [rule('Deny', { networks: ['0.0.0.0/0'] })]);
    const only = (cidr: string) =>
      networkPolicy({ policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr } }] }] }, 'only');
    expect(reach([deny], 'example.com')).toBe(true);
    expect(reach([deny, only('::/0')], 'example.com')).toBe(true);
    expect(reach([deny, only('0.0.0.0/0')], 'example.com')).toBe(false);
  });

  it('is about the pods of its subject alone', () => {
    const deny = cluster('Admin', 1, [rule('Deny', everywhere)]);
    const narrow = {
      ...deny,
      spec: {
        ...(deny.spec as object),
        subject: { pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: 'tools' } } } },
      },
    };
    expect(reach([narrow], '8.8.8.8')).toBe(true);
    const platform = Platform.fromObjects([agent, tools, narrow]);
    expect(platform.canReach(platform.workload('shop', 'tools'), '8.8.8.8', 443).allowed).toBe(false);
  });

  it('names itself and its rule', () => {
    const deny = cluster('Admin', 1, [{ ...rule('Deny', everywhere), name: 'lockdown' }]);
    const platform = Platform.fromObjects([agent, deny]);
    expect(platform.canReach(platform.workload('shop', 'agent'), '8.8.8.8', 443).because).toEqual([
      'ClusterNetworkPolicy Admin-1 denies it: egress rule 1 "lockdown", to 0.0.0.0/0, ::/0',
    ]);
  });
});
