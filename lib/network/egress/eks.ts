import type { PolicyEngine } from './egress-engine';
import { distinctHosts, hostsByPort } from './host-rule';
import { suffixWildcard } from './suffix-wildcard';
import { wildcardFaults } from './wildcard-fault';

/** EKS Auto Mode: an ApplicationNetworkPolicy beside the NetworkPolicy, which opens DNS. */
export const eksEngine: PolicyEngine = {
  name: 'eks',
  filtersDns: false,
  knowsApiServer: false,
  faults: ({ hosts }) => wildcardFaults('ApplicationNetworkPolicy', hosts, 'anyDepth'),
  policy: ({ name, pods, hosts }) => {
    if (hosts.length === 0) return undefined;
    return {
      apiVersion: 'networking.k8s.aws/v1alpha1',
      kind: 'ApplicationNetworkPolicy',
      name: `${name}-egress`,
      clusterScoped: false,
      spec: {
        podSelector: { matchLabels: { ...pods.podLabels } },
        policyTypes: ['Egress'],
        egress: hostsByPort(distinctHosts(hosts)).map(([port, names]) => ({
          to: [{ domainNames: names.map(suffixWildcard) }],
          ports: [{ protocol: 'TCP', port }],
        })),
      },
    };
  },
};
