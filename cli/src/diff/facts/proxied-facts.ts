import type { EgressProxyDocument } from 'agentyard/contract';
import type { Workload } from 'agentyard/reachability';
import type { Evaluated } from '../../evaluated/evaluated.js';
import type { FactSheet, Owner } from '../fact.js';
import { Facts } from './facts.js';

type AllowList = EgressProxyDocument['allowLists'][number];

/** What egress proxies do for a workload beyond leading it to hosts: its own lists count, and those of others do not. */
export function proxiedFacts(owner: Owner, workload: Workload, evaluated: Evaluated): FactSheet {
  return listFacts(owner, listsFor(workload, evaluated), ', through the egress proxy');
}

/** The same of lists that no workload of the manifests reaches, at the proxy itself. */
export function unreachedListFacts(owner: Owner, proxy: Workload, evaluated: Evaluated): FactSheet {
  const told = evaluated.documentOf(proxy);
  if (told?.runtime !== 'egress-proxy') return Facts.joined([]);
  const reached = new Set(evaluated.platform.workloads.flatMap((workload) => listsFor(workload, evaluated)));
  return listFacts(
    owner,
    told.document.allowLists.filter((list) => !reached.has(list)),
    '',
  );
}

function listsFor(workload: Workload, evaluated: Evaluated): AllowList[] {
  const paths = evaluated.platform.reachable(workload).filter(({ toProxy }) => toProxy === true);
  return paths.flatMap(({ workload: proxy, ports }) => {
    const told = proxy && evaluated.documentOf(proxy);
    return told?.runtime === 'egress-proxy' ? told.document.allowLists.filter(({ port }) => port === ports.first) : [];
  });
}

function listFacts(owner: Owner, lists: readonly AllowList[], way: string): FactSheet {
  const facts = new Facts(owner, 'allow lists');
  const blocks = new Map<string, string[]>();
  for (const { name, port, tls, privateCidrs } of lists.flatMap(({ hosts }) => hosts)) {
    const host = `${name}:${port}`;
    if (!tls) facts.grant('network', `plain ${host}`, `may send requests without TLS to ${host}${way}`);
    blocks.set(host, [...(blocks.get(host) ?? []), ...privateCidrs]);
  }
  for (const [host, cidrs] of blocks) {
    const text = `may connect to private addresses of ${host}${way}:`;
    if (cidrs.length > 0) facts.addresses('network', `private ${host}`, text, cidrs);
  }
  return facts;
}
