import fc from 'fast-check';
import {
  Platform,
  type ForeignPods,
  type KubernetesObject,
  type Path,
  type Protocol,
  type Workload,
} from 'agentyard/reachability';
import {
  egressRule,
  ingressRule,
  platforms,
  PORTS,
  selectedPeers,
  type NetworkPolicyObject,
} from './arbitrary-platform';
import { networkPolicy } from './manifests';

const PROTOCOLS: Protocol[] = ['TCP', 'UDP'];

/** Every question between the workloads, and its answer. */
function answers(objects: readonly KubernetesObject[]): boolean[] {
  const platform = Platform.fromObjects(objects);
  const { workloads } = platform;
  return workloads.flatMap((from) =>
    workloads.flatMap((to) =>
      PORTS.flatMap((port) => PROTOCOLS.map((protocol) => platform.canReach(from, to, port, protocol).allowed)),
    ),
  );
}

const isAt = ({ ports, protocol: of }: Path, port: number, protocol: Protocol) =>
  ports.first <= port && port <= ports.last && (of === 'any' || of === protocol);
const covers = (path: Path, to: Workload, port: number, protocol: Protocol) =>
  path.workload === to && isAt(path, port, protocol);

type Known = Readonly<Record<string, string>>;

const hasAll = (labels: Known, needed: Known) => Object.entries(needed).every(([key, value]) => labels[key] === value);

/** Whether other pods have all labels of a workload of the program. */
const posesAs = (workloads: readonly Workload[], { namespace, labels }: ForeignPods) =>
  workloads.some(
    (one) => one.namespace === namespace && Object.keys(one.labels).length > 0 && hasAll(labels, one.labels),
  );

/** Whether a path may be about other pods. */
const includesPods = ({ kind, peer, pods }: Path, { namespace, labels }: ForeignPods) => {
  if (kind === 'anyone' || peer === 'any pod') return true;
  return pods !== undefined && (pods.namespace ?? namespace) === namespace && hasAll(labels, pods.labels);
};

const withRules = (policy: NetworkPolicyObject, ingress: unknown[], egress: unknown[]): NetworkPolicyObject => ({
  ...policy,
  spec: {
    ...policy.spec,
    ingress: [...(policy.spec.ingress ?? []), ...ingress],
    egress: [...(policy.spec.egress ?? []), ...egress],
  },
});

const defaultDeny = (namespace: string, types: string[]): KubernetesObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'default-deny', namespace },
  spec: { podSelector: {}, policyTypes: types },
});

describe('on any platform', () => {
  it('another rule of a NetworkPolicy takes nothing away', () => {
    fc.assert(
      fc.property(platforms, ingressRule, egressRule, (platform, ingress, egress) => {
        const rest = [...platform.workloads, ...platform.namespaces, ...platform.others];
        const before = answers([...rest, ...platform.policies]);
        const after = answers([...rest, ...platform.policies.map((policy) => withRules(policy, [ingress], [egress]))]);
        before.forEach((was, i) => expect(!was || after[i]).toBe(true));
      }),
    );
  });

  it('a default deny adds nothing, and alone leaves nothing', () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        const rest = [...platform.workloads, ...platform.namespaces];
        const deny = ['one', 'two'].map((namespace) => defaultDeny(namespace, ['Ingress', 'Egress']));
        const before = answers([...rest, ...platform.policies, ...platform.others]);
        const after = answers([...rest, ...platform.policies, ...platform.others, ...deny]);
        after.forEach((is, i) => expect(!is || before[i]).toBe(true));
        expect(answers([...rest, ...deny])).not.toContain(true);
      }),
    );
  });

  it('a connection is allowed if and only if both of its ends allow it', () => {
    const only = (type: string) => (policy: NetworkPolicyObject) => ({
      ...policy,
      spec: { ...policy.spec, policyTypes: policy.spec.policyTypes.filter((one) => one === type) },
    });
    const about = (type: string, policies: readonly NetworkPolicyObject[]) =>
      policies.filter(({ spec }) => spec.policyTypes.includes(type)).map(only(type));
    fc.assert(
      fc.property(platforms, ({ workloads, namespaces, policies }) => {
        const rest = [...workloads, ...namespaces];
        const out = answers([...rest, ...about('Egress', policies)]);
        const into = answers([...rest, ...about('Ingress', policies)]);
        expect(answers([...rest, ...policies])).toEqual(out.map((allowed, i) => allowed && into[i]));
      }),
    );
  });

  it('lists of paths say what single questions say, from both ends', () => {
    fc.assert(
      fc.property(platforms, ({ workloads: pods, namespaces, policies, others }) => {
        const platform = Platform.fromObjects([...pods, ...namespaces, ...policies, ...others]);
        for (const from of platform.workloads) {
          for (const to of platform.workloads) {
            for (const port of [...PORTS, 1, 9999]) {
              for (const protocol of PROTOCOLS) {
                const { allowed } = platform.canReach(from, to, port, protocol);
                expect(platform.reachable(from).some((path) => covers(path, to, port, protocol))).toBe(allowed);
                expect(platform.callers(to).some((path) => covers(path, from, port, protocol))).toBe(allowed);
              }
            }
          }
        }
      }),
    );
  });

  it('lists of paths leave out no address that single questions find', () => {
    const addresses = ['203.0.113.9', '8.8.8.8', '10.1.0.5', 'example.com'];
    const outside = (path: Path, port: number, protocol: Protocol) =>
      ['addresses', 'anyone', 'host'].includes(path.kind) && isAt(path, port, protocol);
    fc.assert(
      fc.property(platforms, ({ workloads: pods, namespaces, policies, others }) => {
        const platform = Platform.fromObjects([...pods, ...namespaces, ...policies, ...others]);
        for (const workload of platform.workloads) {
          for (const address of addresses) {
            for (const port of PORTS) {
              const out = platform.canReach(workload, address, port).allowed;
              const listed = platform.reachable(workload).some((path) => outside(path, port, 'TCP'));
              expect(!out || listed).toBe(true);
              if (address === 'example.com') continue;
              const into = platform.canReach(address, workload, port).allowed;
              expect(!into || platform.callers(workload).some((path) => outside(path, port, 'TCP'))).toBe(true);
            }
          }
        }
      }),
    );
  });

  it('lists of paths leave out no pods that single questions find, but those that pose as a workload', () => {
    const labels: Known[] = [{}, { app: 'a' }, { tier: 'b' }, { app: 'b', tier: 'b' }, { app: 'c', tier: 'a' }];
    const others = ['one', 'two'].flatMap((namespace) => labels.map((some) => ({ namespace, labels: some })));
    fc.assert(
      fc.property(platforms, selectedPeers, selectedPeers, ({ workloads: pods, namespaces }, from, to) => {
        const rules = { podSelector: {}, ingress: [{ from }], egress: [{ to }] };
        const policies = ['one', 'two'].map((namespace) => networkPolicy(rules, 'policy', namespace));
        const platform = Platform.fromObjects([...pods, ...namespaces, ...policies]);
        for (const workload of platform.workloads) {
          const out = platform.reachable(workload);
          const into = platform.callers(workload);
          for (const other of others.filter((one) => !posesAs(platform.workloads, one))) {
            for (const port of PORTS) {
              const isListed = (path: Path) => isAt(path, port, 'TCP') && includesPods(path, other);
              expect(!platform.canReach(workload, other, port).allowed || out.some(isListed)).toBe(true);
              expect(!platform.canReach(other, workload, port).allowed || into.some(isListed)).toBe(true);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('the order of manifests does not matter', () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        const policies = [...platform.namespaces, ...platform.policies, ...platform.others];
        const forward = answers([...platform.workloads, ...policies]);
        expect(answers([...policies.toReversed(), ...platform.workloads])).toEqual(forward);
      }),
    );
  });
});
