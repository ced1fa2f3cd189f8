import fc from 'fast-check';
import type { KubernetesObject } from 'agentyard/reachability';

/** Few names and labels, so that selectors often mean somebody. */
const NAMESPACES = ['one', 'two'];
const KEYS = ['app', 'tier'];
const VALUES = ['a', 'b'];
export const PORTS = [53, 80, 443, 8080];
const NAMED = 'web';

const labels = fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES), { maxKeys: 2 });
const requirement = fc.oneof(
  fc.record({
    key: fc.constantFrom(...KEYS),
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1 }),
  }),
  fc.record({ key: fc.constantFrom(...KEYS), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
);
const selector = fc.record(
  { matchLabels: labels, matchExpressions: fc.array(requirement, { maxLength: 1 }) },
  { requiredKeys: [] },
);
const cidr = fc.constantFrom('0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16', '203.0.113.0/24', '::/0');

const selectors = [
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector }),
  fc.record({ namespaceSelector: selector, podSelector: selector }),
];
const peer = fc.oneof(
  ...selectors,
  cidr.map((block) => ({ ipBlock: { cidr: block } })),
);

/** Peers by their labels. */
export const selectedPeers = fc.array(fc.oneof(...selectors), { minLength: 1, maxLength: 2 });

const port = fc.oneof(
  fc.record({ port: fc.constantFrom(...PORTS), protocol: fc.constantFrom('TCP', 'UDP') }),
  fc.record({ port: fc.constant(NAMED) }),
  fc.record({ port: fc.constant(80), endPort: fc.constantFrom(443, 8080) }),
);
const rule = (side: 'from' | 'to') =>
  fc.record(
    { [side]: fc.array(peer, { maxLength: 2 }), ports: fc.array(port, { maxLength: 2 }) },
    { requiredKeys: [] },
  );
export const ingressRule = rule('from');
export const egressRule = rule('to');

export interface NetworkPolicyObject extends KubernetesObject {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly policyTypes: string[]; readonly ingress?: unknown[]; readonly egress?: unknown[] };
}

/** A NetworkPolicy that says what it is about, so that another rule does not change it. */
const networkPolicy = fc
  .record({
    namespace: fc.constantFrom(...NAMESPACES),
    spec: fc.record({
      podSelector: selector,
      policyTypes: fc.uniqueArray(fc.constantFrom('Ingress', 'Egress'), { minLength: 1 }),
      ingress: fc.array(ingressRule, { maxLength: 2 }),
      egress: fc.array(egressRule, { maxLength: 2 }),
    }),
  })
  .map(({ namespace, spec }): NetworkPolicyObject => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'policy', namespace },
    spec,
  }));

const toPorts = fc.array(
  fc.record({ port: fc.constantFrom(...PORTS.map(String), NAMED), protocol: fc.constantFrom('TCP', 'ANY') }),
  { minLength: 1, maxLength: 2 },
);
const ciliumRule = (side: 'from' | 'to') =>
  fc.oneof(
    fc.record({
      [`${side}Endpoints`]: fc.array(selector, { maxLength: 2 }),
      toPorts: fc.tuple(fc.record({ ports: toPorts })),
    }),
    fc.record({
      [`${side}Entities`]: fc.array(fc.constantFrom('all', 'world', 'cluster'), { minLength: 1, maxLength: 1 }),
    }),
    fc.record({ [`${side}CIDR`]: fc.array(cidr, { minLength: 1, maxLength: 2 }) }),
  );

/** Policies that deny, and tiers with their order. */
const otherPolicy = fc.oneof(
  fc
    .record({
      namespace: fc.constantFrom(...NAMESPACES),
      spec: fc.record(
        {
          endpointSelector: selector,
          ingress: fc.array(ciliumRule('from'), { maxLength: 2 }),
          ingressDeny: fc.array(ciliumRule('from'), { maxLength: 1 }),
          egress: fc.array(ciliumRule('to'), { maxLength: 2 }),
          egressDeny: fc.array(ciliumRule('to'), { maxLength: 1 }),
        },
        { requiredKeys: ['endpointSelector'] },
      ),
    })
    .map(({ namespace, spec }): KubernetesObject => ({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'cilium', namespace },
      spec,
    })),
  fc
    .record({
      spec: fc.record({
        tier: fc.constantFrom('Admin', 'Baseline'),
        priority: fc.nat(3),
        subject: fc.record({ namespaces: selector }),
        egress: fc.array(
          fc.record({
            action: fc.constantFrom('Accept', 'Deny', 'Pass'),
            to: fc.array(
              fc.oneof(
                fc.record({ namespaces: selector }),
                cidr.map((block) => ({ networks: [block] })),
              ),
              {
                minLength: 1,
                maxLength: 2,
              },
            ),
          }),
          { maxLength: 2 },
        ),
      }),
    })
    .map(({ spec }): KubernetesObject => ({
      apiVersion: 'policy.networking.k8s.io/v1alpha2',
      kind: 'ClusterNetworkPolicy',
      metadata: { name: 'cluster' },
      spec,
    })),
);

const workloads = fc
  .array(fc.record({ namespace: fc.constantFrom(...NAMESPACES), labels, named: fc.constantFrom(80, 8080) }), {
    minLength: 2,
    maxLength: 4,
  })
  .map((pods) =>
    pods.map(({ namespace, labels: podLabels, named }, i): KubernetesObject => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: `w${i}`, namespace },
      spec: {
        template: {
          metadata: { labels: podLabels },
          spec: { containers: [{ name: 'c', ports: [{ name: NAMED, containerPort: named }] }] },
        },
      },
    })),
  );

const namespaces = fc.tuple(labels, labels).map((sets) =>
  sets.map((set, i): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACES[i], labels: set },
  })),
);

/** Each with a name of its own. */
function named<T extends KubernetesObject>(policies: readonly T[]): T[] {
  return policies.map((policy, i) => ({
    ...policy,
    metadata: { ...policy.metadata, name: `${String(policy.metadata?.name)}-${i}` },
  }));
}

/** Workloads in namespaces, with policies. */
export const platforms = fc.record({
  workloads,
  namespaces,
  policies: fc.array(networkPolicy, { maxLength: 4 }).map(named),
  others: fc.array(otherPolicy, { maxLength: 2 }).map(named),
});
