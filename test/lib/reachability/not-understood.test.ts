import { NotUnderstoodError, Platform, type KubernetesObject } from 'agentyard/reachability';
import { deployment, networkPolicy, objects } from './manifests';

function faults(...manifests: KubernetesObject[]): readonly string[] {
  try {
    Platform.fromObjects(manifests);
    return [];
  } catch (error) {
    if (!(error instanceof NotUnderstoodError)) throw error;
    return error.faults;
  }
}

const of = (apiVersion: string, kind: string, spec: unknown = {}): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', namespace: 'n' },
  spec,
});

describe('what decides over traffic and is not understood', () => {
  it.each([
    ['cilium.io/v2', 'CiliumClusterwideNetworkPolicy'],
    ['cilium.io/v2', 'CiliumEgressGatewayPolicy'],
    ['cilium.io/v3', 'CiliumNetworkPolicy'],
    ['policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy'],
    ['policy.networking.k8s.io/v1alpha1', 'BaselineAdminNetworkPolicy'],
    ['policy.networking.k8s.io/v1beta1', 'ClusterNetworkPolicy'],
    ['networking.k8s.aws/v1alpha1', 'ClusterNetworkPolicy'],
    ['networking.gke.io/v1alpha3', 'FQDNNetworkPolicy'],
    ['crd.projectcalico.org/v1', 'GlobalNetworkPolicy'],
    ['crd.antrea.io/v1beta1', 'ClusterNetworkPolicy'],
    ['security.istio.io/v1', 'AuthorizationPolicy'],
    ['k8s.ovn.org/v1', 'EgressFirewall'],
    ['example.com/v1', 'SomeNetworkPolicy'],
    ['extensions/v1beta1', 'NetworkPolicy'],
  ])('%s %s', (apiVersion, kind) => {
    expect(faults(of(apiVersion, kind))).toEqual([`${kind} n/x: ${apiVersion} ${kind} is not understood`]);
  });

  it('other objects are no concern', () => {
    const others = [
      of('networking.k8s.io/v1', 'Ingress'),
      of('policy/v1', 'PodDisruptionBudget'),
      of('networking.gke.io/v1', 'GCPBackendPolicy'),
      of('keda.sh/v1alpha1', 'ScaledObject'),
      of('cilium.io/v2', 'CiliumIdentity'),
    ];
    expect(faults(...others)).toEqual([]);
  });

  it.each([
    ['a field', { podSelector: {}, priority: 1 }, 'spec.priority is not understood'],
    ['a field of a rule', { egress: [{ to: [], where: 1 }] }, 'spec.egress[0].where is not understood'],
    ['a field of a peer', { egress: [{ to: [{ fqdn: 'a' }] }] }, 'spec.egress[0].to[0].fqdn is not understood'],
    ['an empty peer', { egress: [{ to: [{}] }] }, 'is neither selectors nor a block of addresses'],
    ['a block that is none', { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/33' } }] }] }, '"10.0.0.0/33"'],
    ['an operator', { podSelector: { matchExpressions: [{ key: 'a', operator: 'Like' }] } }, 'is "Like"'],
    ['an In without values', { podSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }, 'values'],
    ['a label that is a number', { podSelector: { matchLabels: { a: 1 } } }, 'spec.podSelector.matchLabels'],
    ['a protocol', { ingress: [{ ports: [{ protocol: 'QUIC' }] }] }, 'is "QUIC"'],
    ['a range without a number', { ingress: [{ ports: [{ port: 'a', endPort: 9 }] }] }, 'needs a port'],
    ['a range that is none', { ingress: [{ ports: [{ port: 9, endPort: 8 }] }] }, 'is no range of ports'],
    ['a type', { policyTypes: ['Both'] }, 'has "Both"'],
  ])('NetworkPolicy: %s', (_, spec, message) => {
    expect(faults(networkPolicy(spec))).toEqual([expect.stringContaining('NetworkPolicy shop/policy: spec')]);
    expect(faults(networkPolicy(spec))).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ['a node selector', { nodeSelector: {} }, 'nodeSelector is not understood'],
    ['no endpoint selector', {}, 'endpointSelector is missing'],
    ['services', { endpointSelector: {}, egress: [{ toServices: [] }] }, 'spec.egress[0].toServices'],
    ['groups', { endpointSelector: {}, egress: [{ toGroups: [{}] }] }, 'spec.egress[0].toGroups'],
    ['groups of blocks', { endpointSelector: {}, egress: [{ toCIDRSet: [{ cidrGroupRef: 'a' }] }] }, 'cidrGroupRef'],
    ['names in what is denied', { endpointSelector: {}, egressDeny: [{ toFQDNs: [] }] }, 'egressDeny[0].toFQDNs'],
    ['an entity', { endpointSelector: {}, egress: [{ toEntities: ['moon'] }] }, 'has "moon"'],
    ['labels of another source', { endpointSelector: { matchLabels: { 'reserved:host': '' } } }, '"reserved:host"'],
    ['a pattern', { endpointSelector: {}, egress: [{ toFQDNs: [{ matchPattern: 'a|b' }] }] }, 'a name nor a pattern'],
    ['a layer 7 rule', { endpointSelector: {}, egress: [{ toPorts: [{ rules: { kafka: [] } }] }] }, 'rules.kafka'],
  ])('CiliumNetworkPolicy: %s', (_, spec, message) => {
    expect(faults(of('cilium.io/v2', 'CiliumNetworkPolicy', spec))).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ['no tier', {}, 'tier'],
    ['no priority', { tier: 'Admin' }, 'priority'],
    ['no subject', { tier: 'Admin', priority: 1 }, 'exactly one of namespaces and pods'],
    [
      'a denial of names',
      {
        tier: 'Admin',
        priority: 1,
        subject: { namespaces: {} },
        egress: [{ action: 'Deny', to: [{ domainNames: ['a.b'] }] }],
      },
      'accept only',
    ],
    [
      'an action',
      {
        tier: 'Admin',
        priority: 1,
        subject: { namespaces: {} },
        egress: [{ action: 'Allow', to: [{ networks: [] }] }],
      },
      'none of Accept, Deny and Pass',
    ],
  ])('ClusterNetworkPolicy: %s', (_, spec, message) => {
    const policy = of('policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', spec);
    expect(faults(policy)).toEqual([expect.stringContaining(message)]);
  });

  it('is told at once, object by object', () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [of('cilium.io/v2', 'CiliumClusterwideNetworkPolicy')] };
    expect(faults(list, networkPolicy({ a: 1 }), deployment('fine'))).toHaveLength(2);
    expect(() => Platform.fromObjects([networkPolicy({ a: 1 })])).toThrow(
      /not understood:\n {2}NetworkPolicy shop\/policy: spec\.a is not understood\n/,
    );
  });

  it('one object in two versions is, since which of them holds is not told', () => {
    const [old, current] = [networkPolicy({}), networkPolicy({ ingress: [{}] })];
    expect(faults(old, current)).toEqual(['NetworkPolicy shop/policy stands among the manifests twice, and not alike']);
    expect(faults(old, networkPolicy({}))).toEqual([]);
    expect(faults(old, networkPolicy({ ingress: [{}] }, 'policy', 'elsewhere'))).toEqual([]);
    expect(faults(deployment('a'), deployment('a', { hostNetwork: true }))).toHaveLength(1);
  });

  it('fields without a value are as if they were not there', () => {
    const [policy] = objects(`
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: policy, namespace: shop }
spec:
  podSelector:
  ingress:
  - from:
    - podSelector: {}
      namespaceSelector:
`);
    expect(faults(policy as KubernetesObject)).toEqual([]);
  });
});
