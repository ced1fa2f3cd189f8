import type { EgressFault, EgressIntent, PolicyEngine } from './egress-engine';
import { distinctHosts, hostsByPort } from './host-rule';
import { suffixWildcard } from './suffix-wildcard';
import { wildcardFaults } from './wildcard-fault';

/** Bounds of the resource: names in a rule, rules in a policy. */
const NAMES_PER_RULE = 25;
const RULES_PER_POLICY = 25;

/**
 * ClusterNetworkPolicy of the experimental channel. An accept of the Admin tier ends evaluation, past every policy of
 * the namespace, so each policy selects the pods of one workload and accepts named hosts at their ports only.
 *
 * @param priority of all policies; the least of the tier, 1000, lets denials of the cluster's administrators win
 */
export function clusterNetworkPolicyEngine(priority: number): PolicyEngine {
  return {
    name: 'clusterNetworkPolicy',
    filtersDns: false,
    knowsApiServer: false,
    faults: (intent) => [...wildcardFaults('ClusterNetworkPolicy', intent.hosts, 'anyDepth'), ...tooManyRules(intent)],
    policy: (intent) => {
      if (intent.hosts.length === 0) return undefined;
      return {
        apiVersion: 'policy.networking.k8s.io/v1alpha2',
        kind: 'ClusterNetworkPolicy',
        // Of all namespaces in one place; a dot stands in no part, so no two workloads share a name.
        name: `${intent.pods.namespace}.${intent.name}-egress`,
        clusterScoped: true,
        spec: { tier: 'Admin', priority, subject: subject(intent), egress: rules(intent) },
      };
    },
  };
}

function subject({ pods }: EgressIntent) {
  return {
    pods: {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': pods.namespace } },
      podSelector: { matchLabels: { ...pods.podLabels } },
    },
  };
}

function rules({ hosts }: EgressIntent) {
  return hostsByPort(distinctHosts(hosts)).flatMap(([port, names]) =>
    chunks(names, NAMES_PER_RULE).map((part, i) => ({
      name: `hosts-${port}${i === 0 ? '' : `-${i + 1}`}`,
      action: 'Accept',
      to: [{ domainNames: part.map(suffixWildcard) }],
      protocols: [{ tcp: { destinationPort: { number: port } } }],
    })),
  );
}

function tooManyRules(intent: EgressIntent): EgressFault[] {
  const count = rules(intent).length;
  if (count <= RULES_PER_POLICY) return [];
  return [
    {
      message: `its hosts need ${count} rules, a ClusterNetworkPolicy holds ${RULES_PER_POLICY}`,
      remedy: `Name fewer hosts: a rule holds ${NAMES_PER_RULE} names of one port`,
    },
  ];
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
