import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { KubernetesObject } from 'agentyard/reachability';
import { selects, type Selector } from '../../reachability/selector';
import type { Pod } from './network';

interface EgressRule {
  readonly to?: readonly { readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] } }[];
  readonly ports?: readonly { readonly port: number; readonly protocol: string }[];
}

interface Policy {
  readonly podSelector: Selector;
  readonly egress?: readonly EgressRule[];
}

/** The blocks and ports that NetworkPolicies of a namespace let pods with these labels out to, in the words of nft. */
export function exitRules(
  objects: readonly KubernetesObject[],
  namespace: string,
  labels: Readonly<Record<string, string>>,
): string[] {
  return objects
    .filter(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata?.namespace === namespace)
    .map(({ spec }) => spec as Policy)
    .filter(({ podSelector }) => selects(podSelector, labels))
    .flatMap(({ egress = [] }) => egress.flatMap(rulesOf));
}

function rulesOf({ to = [], ports = [] }: EgressRule): string[] {
  return to.flatMap(({ ipBlock }) => {
    // Pods are not in this network, but for DNS, which the laboratory has elsewhere.
    if (ipBlock === undefined) return [];
    const family = ipBlock.cidr.includes(':') ? 'ip6' : 'ip';
    const except = ipBlock.except ?? [];
    const but = except.length === 0 ? '' : ` ${family} daddr != { ${except.join(', ')} }`;
    return ports.map(
      ({ port, protocol }) => `${family} daddr ${ipBlock.cidr}${but} ${protocol.toLowerCase()} dport ${port} accept`,
    );
  });
}

/** From now on a pod gets out by these rules alone, and to a name server. */
export function enforceExit(pod: Pod, rules: readonly string[], nameserver: string, folder: string): void {
  const chain = [
    'type filter hook output priority 0; policy drop;',
    'oifname lo accept',
    'ct state established,related accept',
    'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
    `ip daddr ${nameserver} meta l4proto { tcp, udp } th dport 53 accept`,
    ...new Set(rules),
    'meta l4proto tcp reject with tcp reset',
  ];
  const file = path.join(folder, `${pod.namespace}.nft`);
  const table = `table inet exit`;
  writeFileSync(file, `${table}\ndelete ${table}\n${table} {\nchain output {\n${chain.join('\n')}\n}\n}\n`);
  pod.run('nft', '-f', file);
}
