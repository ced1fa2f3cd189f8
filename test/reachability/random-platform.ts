import fc from 'fast-check';
import type { KubernetesObject } from 'agentyard/reachability';
import { RandomPolicies } from './random-policy';

/** Where the pods of random platforms have their addresses. */
export const POD_CIDRS = ['10.244.0.0/16', 'fd00:10:244::/64'];

/** Ports that policies and containers of random platforms name, and some beside them. */
export const PORTS = [1, 53, 79, 80, 81, 443, 5432, 8080, 9090, 65_535];

type Labels = Record<string, string>;

const NAMESPACES = ['alpha', 'beta', 'gamma'];
const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod'] as const;
const KEYS = ['app', 'tier', 'env'];
const VALUES = ['a', 'b', ''];
const NAMED_PORTS = ['web', 'db', 'dns'];
const BLOCKS: readonly (readonly [string, readonly string[]])[] = [
  ['0.0.0.0/0', ['10.0.0.0/8', '10.244.0.0/16', '10.244.128.0/17', '8.8.8.0/24']],
  ['10.0.0.0/8', ['10.244.0.0/16', '10.244.7.0/24', '10.1.0.0/16']],
  ['10.244.0.0/16', ['10.244.0.0/17', '10.244.128.0/17']],
  ['10.244.3.0/24', ['10.244.3.128/25']],
  ['8.8.0.0/16', ['8.8.8.8/32', '8.8.0.0/17']],
  ['203.0.113.7/32', []],
  ['::/0', ['fd00::/8', '2001:db8::/32']],
  ['fd00:10:244::/64', ['fd00:10:244::1/128']],
  ['2001:db8::/32', []],
];

const labels: fc.Arbitrary<Labels> = fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES), {
  maxKeys: 3,
});

const LABELS = Object.fromEntries(KEYS.map((key) => [key, VALUES]));
const policies = new RandomPolicies({
  namespaces: NAMESPACES,
  podLabels: LABELS,
  namespaceLabels: LABELS,
  ports: PORTS,
  namedPorts: NAMED_PORTS,
  blocks: BLOCKS,
  domains: ['example.com'],
});

const protocol = fc.constantFrom('TCP', 'UDP', 'SCTP');
const number = fc.constantFrom(...PORTS);

/** Ports of a container: each number and protocol once, some of them with a name. */
const containerPorts = fc
  .uniqueArray(fc.record({ containerPort: number, protocol }), {
    maxLength: 4,
    selector: ({ containerPort, protocol: of }) => `${containerPort}/${of}`,
  })
  .chain((ports) =>
    fc
      .shuffledSubarray(NAMED_PORTS, { minLength: 0 })
      .map((names) => ports.map((port, i) => (names[i] === undefined ? port : { ...port, name: names[i] }))),
  );

const workload = fc
  .record({ kind: fc.constantFrom(...KINDS), namespace: fc.constantFrom(...NAMESPACES), labels, ports: containerPorts })
  .map(
    ({ kind, namespace, labels: podLabels, ports }) =>
      (name: string) =>
        workloadObject(kind, { name, namespace }, podLabels, ports),
  );

/** Namespaces, workloads and NetworkPolicies of plain Kubernetes, of every form that the API admits. */
export const randomPlatform: fc.Arbitrary<readonly KubernetesObject[]> = fc
  .record({
    namespaces: fc.tuple(...NAMESPACES.map(() => labels)),
    workloads: fc.array(workload, { minLength: 2, maxLength: 5 }),
    policies: fc.array(policies.networkPolicy(), { maxLength: 5 }),
  })
  .map(({ namespaces, workloads, policies: some }) => [
    ...NAMESPACES.map((name, i) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { ...namespaces[i], 'kubernetes.io/metadata.name': name } },
    })),
    ...workloads.map((named, i) => named(`workload-${i}`)),
    ...some.map((policy, i) => ({ ...policy, metadata: { ...policy.metadata, name: `policy-${i}` } })),
  ]);

function workloadObject(
  kind: (typeof KINDS)[number],
  metadata: { name: string; namespace: string },
  podLabels: Labels,
  ports: readonly object[],
): KubernetesObject {
  const own = { app: metadata.name };
  const spec = { containers: [{ name: 'main', image: 'registry.example.com/main:1', ports }] };
  const template = { metadata: { labels: { ...own, ...podLabels } }, spec };
  const selected = { selector: { matchLabels: { ...own, ...podLabels } }, template };
  switch (kind) {
    case 'Pod':
      return { apiVersion: 'v1', kind, metadata: { ...metadata, labels: template.metadata.labels }, spec };
    case 'CronJob':
      return {
        apiVersion: 'batch/v1',
        kind,
        metadata,
        spec: { schedule: '@daily', jobTemplate: { spec: { template } } },
      };
    case 'Job':
      return { apiVersion: 'batch/v1', kind, metadata, spec: { template } };
    case 'StatefulSet':
      return { apiVersion: 'apps/v1', kind, metadata, spec: { ...selected, serviceName: metadata.name } };
    case 'DaemonSet':
    case 'Deployment':
    case 'ReplicaSet':
      return { apiVersion: 'apps/v1', kind, metadata, spec: selected };
  }
}
