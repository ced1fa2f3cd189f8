import type { PolicyEngine } from './egress-engine';
import { distinctHosts, hostsByPort, wildcardOf } from './host-rule';
import { wildcardFaults } from './wildcard-fault';

/** GKE Dataplane V2 with FQDN network policies: a policy of its own beside the NetworkPolicy, which opens DNS. */
export const gkeEngine: PolicyEngine = {
  name: 'gke',
  filtersDns: false,
  knowsApiServer: false,
  faults: ({ hosts }) => wildcardFaults('FQDNNetworkPolicy', hosts, 'oneLabel'),
  policy: ({ name, pods, hosts }) => {
    if (hosts.length === 0) return undefined;
    return {
      apiVersion: 'networking.gke.io/v1alpha1',
      kind: 'FQDNNetworkPolicy',
      name: `${name}-egress`,
      clusterScoped: false,
      spec: {
        podSelector: { matchLabels: { ...pods.podLabels } },
        egress: hostsByPort(distinctHosts(hosts)).map(([port, names]) => ({
          matches: names.map((host) => (wildcardOf(host) === 'none' ? { name: host } : { pattern: host })),
          ports: [{ protocol: 'TCP', port }],
        })),
      },
    };
  },
};
