import type { DrawnEdge, DrawnNode, Drawing, NodeKind } from './drawing.js';
import { COLOURS, RED } from './palette.js';

/** Brackets that give a node its shape. */
const SHAPES: Readonly<Record<NodeKind, readonly [open: string, close: string]>> = {
  gateway: ['{{', '}}'],
  agent: ['(', ')'],
  sandbox: ['[[', ']]'],
  'egress-proxy': ['[/', '\\]'],
  workload: ['[', ']'],
  pods: ['[', ']'],
  host: ['([', '])'],
  addresses: ['([', '])'],
  entity: ['([', '])'],
  anyone: ['([', '])'],
};

/** The drawing as a Mermaid flowchart. */
export function mermaid({ nodes, edges }: Drawing): string {
  const ids = new Map(nodes.map(({ id }, i) => [id, `n${i + 1}`]));
  const idOf = (id: string) => ids.get(id) ?? '';
  const namespaces = [...new Set(nodes.flatMap(({ namespace }) => namespace ?? []))].sort();
  const groups = namespaces.flatMap((namespace, i) => [
    `  subgraph ns${i + 1}["${escaped(namespace)}"]`,
    ...nodes.filter((node) => node.namespace === namespace).map((node) => `    ${nodeText(node, idOf(node.id))}`),
    '  end',
  ]);
  const outside = nodes
    .filter(({ namespace }) => namespace === undefined)
    .map((node) => `  ${nodeText(node, idOf(node.id))}`);
  return [
    'flowchart LR',
    ...groups,
    ...outside,
    ...edges.map((edge) => `  ${edgeText(edge, idOf)}`),
    ...classLines(nodes),
    ...namespaces.map((_, i) => `  style ns${i + 1} fill:#f6f8fa,stroke:#d0d7de,color:#1f2328`),
    ...linkStyles(edges),
    '',
  ].join('\n');
}

function nodeText({ kind, name, notes, warnings }: DrawnNode, id: string): string {
  const [open, close] = SHAPES[kind];
  const text = [`<b>${escaped(name)}</b>`, ...[...notes, ...warnings].map(escaped)].join('<br/>');
  return `${id}${open}"${text}"${close}:::${warnings.length > 0 ? 'open' : classOf(kind)}`;
}

function edgeText({ from, to, ports, via, reasons, quiet }: DrawnEdge, idOf: (id: string) => string): string {
  const arrow = via === 'proxy' || quiet ? '-.->' : '-->';
  const text = [ports, ...(via === 'proxy' ? ['via egress-proxy'] : []), ...reasons].map(escaped).join('<br/>');
  return `${idOf(from)} ${arrow}|"${text}"| ${idOf(to)}`;
}

function classLines(nodes: readonly DrawnNode[]): string[] {
  const kinds = [...new Set(nodes.filter(({ warnings }) => warnings.length === 0).map(({ kind }) => kind))];
  const lines = kinds.map((kind) => {
    const { fill, stroke, text } = COLOURS[kind];
    const dashes = kind === 'pods' ? ',stroke-dasharray:4 3' : '';
    return `  classDef ${classOf(kind)} fill:${fill},stroke:${stroke},color:${text}${dashes}`;
  });
  const isOpen = nodes.some(({ warnings }) => warnings.length > 0);
  return isOpen ? [...lines, `  classDef open fill:${RED.fill},stroke:${RED.stroke},color:${RED.text}`] : lines;
}

function linkStyles(edges: readonly DrawnEdge[]): string[] {
  const numbers = (wanted: (edge: DrawnEdge) => boolean) =>
    edges.flatMap((edge, i) => (wanted(edge) ? [String(i)] : [])).join(',');
  const style = (list: string, text: string) => (list === '' ? [] : [`  linkStyle ${list} ${text}`]);
  return [
    ...style(
      numbers(({ wideOpen }) => wideOpen),
      `stroke:${RED.stroke},stroke-width:3px`,
    ),
    ...style(
      numbers(({ quiet, wideOpen }) => quiet && !wideOpen),
      'stroke:#8c959f',
    ),
  ];
}

function classOf(kind: NodeKind): string {
  return kind.replace(/-/g, '');
}

/** Text within quotes: HTML and the characters that Mermaid reads are written as entities. */
function escaped(text: string): string {
  return text.replace(/[&<>"'`#;|[\]{}()\\\n]/g, (character) => `#${character.charCodeAt(0)};`);
}
