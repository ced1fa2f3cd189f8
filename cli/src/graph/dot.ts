import type { DrawnEdge, DrawnNode, Drawing, NodeKind } from './drawing.js';
import { COLOURS, RED, type Colours } from './palette.js';

const FONT = 'Helvetica';

/**
 * Graphviz measures text by the widths of Helvetica, and who looks may have a wider font only: labels are laid out this
 * much larger than they are shown.
 */
export const SLACK = 1.2;

/** Sizes of text as it is shown. */
const SIZE = { name: 13, note: 10, small: 9 };

/** How the kinds are called above the names. */
const CAPTIONS: Readonly<Record<NodeKind, string>> = {
  gateway: 'gateway',
  agent: 'agent',
  sandbox: 'sandbox',
  'egress-proxy': 'egress proxy',
  workload: 'workload',
  pods: 'other pods',
  host: 'host',
  addresses: 'addresses',
  entity: 'part of the cluster',
  anyone: 'anyone',
};

/** Shapes of nodes; those of the program have corners, all else is round. */
const ROUND: readonly NodeKind[] = ['host', 'addresses', 'entity', 'anyone'];

/** The drawing in Graphviz's language. Ids are those that the SVG gets: `node1`, `edge1`. */
export function dot({ nodes, edges }: Drawing): string {
  const ids = new Map(nodes.map(({ id }, i) => [id, `node${i + 1}`]));
  const namespaces = [...new Set(nodes.flatMap(({ namespace }) => namespace ?? []))].sort();
  const statement = (node: DrawnNode) => nodeStatement(node, ids.get(node.id) ?? '');
  return [
    'digraph {',
    'graph [rankdir=LR, bgcolor="#ffffff", pad=0.3, nodesep=0.25, ranksep=0.35, splines=true, newrank=true];',
    `graph [fontname="${FONT}"]; node [fontname="${FONT}"]; edge [fontname="${FONT}", arrowsize=0.7];`,
    ...namespaces.flatMap((namespace, i) => [
      `subgraph cluster${i + 1} {`,
      `label=<${font('note', '#57606a', `namespace ${escaped(namespace)}`)}>;`,
      'labeljust=l; style="rounded,filled"; fillcolor="#f6f8fa"; color="#d0d7de"; margin=14;',
      ...nodes.filter((node) => node.namespace === namespace).map(statement),
      '}',
    ]),
    ...nodes.filter(({ namespace }) => namespace === undefined).map(statement),
    ...edges.map((edge, i) => edgeStatement(edge, i, ids)),
    '}',
  ].join('\n');
}

function nodeStatement({ kind, name, notes, warnings }: DrawnNode, id: string): string {
  const colours = warnings.length > 0 ? RED : COLOURS[kind];
  const rows = [
    row(font('small', colours.stroke, escaped(CAPTIONS[kind]))),
    row(font('name', colours.text, `<B>${escaped(name)}</B>`)),
    ...notes.map((note) => row(font('note', colours.text, escaped(note)))),
    ...warnings.map((text) => row(font('note', RED.stroke, `<B>${escaped(text)}</B>`))),
  ];
  return `${id} [id="${id}", ${shapeOf(kind, colours)}, label=<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">${rows.join('')}</TABLE>>];`;
}

function shapeOf(kind: NodeKind, { fill, stroke }: Colours): string {
  const style = kind === 'pods' ? 'rounded,filled,dashed' : 'rounded,filled';
  const margin = ROUND.includes(kind) ? '0.2,0.05' : '0.12,0.05';
  return `shape=box, style="${style}", fillcolor="${fill}", color="${stroke}", penwidth=1.4, margin="${margin}"`;
}

function edgeStatement(edge: DrawnEdge, index: number, ids: ReadonlyMap<string, string>): string {
  const { from, to, via, quiet, wideOpen } = edge;
  const colour = wideOpen
    ? RED.stroke
    : quiet
      ? '#8c959f'
      : via === 'proxy'
        ? COLOURS['egress-proxy'].stroke
        : '#424a53';
  const look = [
    `id="edge${index + 1}"`,
    `color="${colour}"`,
    `penwidth=${wideOpen ? 2.4 : quiet ? 0.8 : 1.3}`,
    `style=${via === 'proxy' ? 'dashed' : quiet ? 'dotted' : 'solid'}`,
    `label=<${edgeLabel(edge, colour)}>`,
  ];
  return `${ids.get(from)} -> ${ids.get(to)} [${look.join(', ')}];`;
}

function edgeLabel({ ports, via, reasons, quiet }: DrawnEdge, colour: string): string {
  const lines = [...(via === 'proxy' ? ['via egress-proxy'] : []), ...reasons];
  const rows = [
    row(font('note', quiet ? '#57606a' : colour, `<B>${escaped(ports)}</B>`)),
    ...lines.map((line) => row(font('small', '#57606a', escaped(line)))),
  ];
  return `<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">${rows.join('')}</TABLE>`;
}

function font(size: keyof typeof SIZE, colour: string, content: string): string {
  return `<FONT POINT-SIZE="${SIZE[size] * SLACK}" COLOR="${colour}">${content}</FONT>`;
}

function row(content: string): string {
  return `<TR><TD ALIGN="LEFT">${content}</TD></TR>`;
}

/** Text within a label. Characters that XML forbids are left out. */
export function escaped(text: string): string {
  return text
    .replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd]/g, '')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
