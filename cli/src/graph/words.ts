import type { DrawnEdge, DrawnNode, Drawing } from './drawing.js';

/** A connection in one line of words. */
export function edgeWords({ from, to, ports, via, reasons, wideOpen }: DrawnEdge, { nodes }: Drawing): string {
  const name = (id: string) => placeOf(nodes.find((node) => node.id === id));
  const way = via === 'proxy' ? ', via egress-proxy' : '';
  const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
  return `${name(from)} may connect to ${name(to)}, port ${ports}${way}${why}${wideOpen ? ' (wide open)' : ''}`;
}

/** A node in one line of words. */
export function nodeWords(node: DrawnNode): string {
  return [`${node.kind} ${placeOf(node)}`, ...node.notes, ...node.warnings].join(', ');
}

function placeOf(node: DrawnNode | undefined): string {
  if (node === undefined) return '';
  return node.namespace === undefined ? node.name : `${node.namespace}/${node.name}`;
}
