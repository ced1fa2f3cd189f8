import type { Path } from 'agentyard/reachability';

/** The ports of paths between the same ends: `8080`, `443, UDP 443`, `all ports`. */
export function portText(paths: readonly Path[]): string {
  const spans = new Map<string, Set<string>>();
  for (const { port, protocol } of paths) spans.set(port, (spans.get(port) ?? new Set()).add(protocol));
  return [...spans].map(([port, protocols]) => oneSpan(port, [...protocols].sort())).join(', ');
}

function oneSpan(port: string, protocols: readonly string[]): string {
  const text = port === 'all' ? 'all ports' : port;
  if (protocols.includes('any')) return port === 'all' ? text : `${text} of any protocol`;
  return protocols.length === 1 && protocols[0] === 'TCP' ? text : `${protocols.join(' and ')} ${text}`;
}
