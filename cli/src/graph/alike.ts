import type { DrawnEdge, DrawnNode, Drawing } from './drawing.js';

/** So many workloads that are alike are drawn as one. */
const FEWEST = 3;
/** So many names stand in a line of such a node. */
const NAMES_PER_LINE = 4;

/** Draws workloads of one namespace that have the same facts and the same connections as one. */
export function foldedAlike({ nodes, edges }: Drawing): Drawing {
  const about = new Map<string, DrawnEdge[]>(nodes.map(({ id }) => [id, []]));
  for (const edge of edges) for (const id of new Set([edge.from, edge.to])) about.get(id)?.push(edge);
  const groups = new Map<string, DrawnNode[]>();
  for (const node of nodes) {
    const key = node.namespace === undefined ? node.id : signature(node, about.get(node.id) ?? []);
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  const folded = [...groups.values()].filter((alike) => alike.length >= FEWEST);
  const standsIn = new Map(
    folded.flatMap((alike) => alike.map(({ id }): [string, string] => [id, alike[0]?.id ?? id])),
  );
  const merged = new Map(folded.map((alike) => [alike[0]?.id ?? '', together(alike)]));
  return {
    nodes: nodes.flatMap((node) =>
      (standsIn.get(node.id) ?? node.id) === node.id ? (merged.get(node.id) ?? node) : [],
    ),
    edges: withEnds(edges, standsIn),
  };
}

/** What makes workloads alike. Each may have routes of its own. */
function signature({ id, kind, namespace, notes, warnings }: DrawnNode, edges: readonly DrawnEdge[]): string {
  const connections = edges.map(({ because: _because, ...edge }) => ({
    ...edge,
    from: edge.from === id ? '' : edge.from,
    to: edge.to === id ? '' : edge.to,
    reasons: edge.reasons.map(withoutNames),
  }));
  return JSON.stringify([kind, namespace, notes, warnings, connections.map((one) => JSON.stringify(one)).sort()]);
}

function withoutNames(reason: string): string {
  return reason.replace(/^routes? .*|^\d+ routes$/, 'routes of each').replace(/^((?:\w+)Policy) .*/, '$1 of each');
}

function together(alike: readonly DrawnNode[]): DrawnNode {
  const [first] = alike as [DrawnNode];
  const names = alike.map(({ name }) => name);
  const count = Math.ceil(names.length / NAMES_PER_LINE);
  const lines = Array.from({ length: count }, (_, i) =>
    names.slice(i * NAMES_PER_LINE, (i + 1) * NAMES_PER_LINE).join(', '),
  );
  return { ...first, name: `${alike.length} alike`, notes: [...lines, ...first.notes] };
}

function withEnds(edges: readonly DrawnEdge[], standsIn: ReadonlyMap<string, string>): DrawnEdge[] {
  const found = new Map<string, DrawnEdge>();
  for (const edge of edges) {
    const from = standsIn.get(edge.from) ?? edge.from;
    const to = standsIn.get(edge.to) ?? edge.to;
    const isFolded = standsIn.has(edge.from) || standsIn.has(edge.to);
    const key = `${from}\n${to}\n${edge.via}`;
    const because = [...new Set([...(found.get(key)?.because ?? []), ...edge.because])];
    const reasons = isFolded ? edge.reasons.map(withoutNames) : edge.reasons;
    found.set(key, { ...edge, from, to, reasons, because });
  }
  return [...found.values()];
}
