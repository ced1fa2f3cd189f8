import type { PodPeer } from '../peer';
import type { EgressIntent, EgressPolicy, PolicyEngine } from './egress-engine';
import { distinctHosts, hostsByPort, wildcardOf } from './host-rule';
import { wildcardFaults } from './wildcard-fault';

/**
 * Cilium: `toFQDNs` opens the addresses that its DNS proxy has seen in answers, so the DNS rule stands in the same
 * policy. That rule names the hosts and Services that are resolved, with the search suffixes that resolvers append, so
 * that DNS is no way out. The NetworkPolicy must not open DNS beside it: rules without names would win.
 */
export const ciliumEngine: PolicyEngine = {
  name: 'cilium',
  filtersDns: true,
  knowsApiServer: true,
  faults: ({ hosts }) => wildcardFaults('Cilium', hosts, 'oneLabel'),
  policy: (intent): EgressPolicy | undefined => {
    const egress = [...dnsRules(intent), ...fqdnRules(intent), ...apiServerRule(intent)];
    if (egress.length === 0) return undefined;
    return {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      name: `${intent.name}-egress`,
      clusterScoped: false,
      spec: { endpointSelector: { matchLabels: { ...intent.pods.podLabels } }, egress },
    };
  },
};

function dnsRules(intent: EgressIntent) {
  const names = [...intent.hosts.map(({ host }) => host), ...intent.serviceHosts];
  if (names.length === 0) return [];
  const { namespace } = intent.pods;
  const suffixes = [
    '',
    `.${namespace}.svc.${intent.clusterDomain}`,
    `.svc.${intent.clusterDomain}`,
    `.${intent.clusterDomain}`,
  ];
  const dns = [...new Set(names.flatMap((name) => suffixes.map((suffix) => `${name}${suffix}`)))].sort().map(matchName);
  const toPorts = [{ ports: [{ port: String(intent.dns.port), protocol: 'ANY' }], rules: { dns } }];
  return intent.dns.peers.map((peer) => ({ ...renderDnsPeer(peer), toPorts }));
}

function renderDnsPeer(peer: EgressIntent['dns']['peers'][number]) {
  if ('cidr' in peer) return { toCIDR: [peer.cidr] };
  return { toEndpoints: [{ matchLabels: endpointLabels(peer) }] };
}

function endpointLabels({ namespace, podLabels }: PodPeer) {
  const labels = Object.fromEntries(Object.entries(podLabels).map(([key, value]) => [`k8s:${key}`, value]));
  return { 'k8s:io.kubernetes.pod.namespace': namespace, ...labels };
}

function fqdnRules({ hosts }: EgressIntent) {
  return hostsByPort(distinctHosts(hosts)).map(([port, names]) => ({
    toFQDNs: names.map(matchName),
    toPorts: [{ ports: [{ port: String(port), protocol: 'TCP' }] }],
  }));
}

function apiServerRule({ apiServerPort }: EgressIntent) {
  if (apiServerPort === undefined) return [];
  const toPorts = [{ ports: [{ port: String(apiServerPort), protocol: 'TCP' }] }];
  return [{ toEntities: ['kube-apiserver'], toPorts }];
}

function matchName(name: string) {
  return wildcardOf(name) === 'none' ? { matchName: name } : { matchPattern: name };
}
