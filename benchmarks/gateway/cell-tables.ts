import { renderTable, type Column } from '../table';
import { nameOf, type Cell, type Form, type Operation } from './cell';
import type { CellSample, Findings } from './findings';
import { PASS_THROUGH } from './peers';

/** What a table shows of each run. */
interface Figure {
  readonly title: string;
  readonly digits: number;
  readonly pick: (sample: CellSample) => number;
  /** Contender whose figure is 1. @default - figures are as they were measured */
  readonly unit?: string;
}

const FIGURES: readonly Figure[] = [
  { title: 'CPU microseconds per request', digits: 0, pick: ({ cpuMicroseconds }) => cpuMicroseconds },
  {
    title: 'CPU per request, times the pass-through’s',
    digits: 2,
    pick: ({ cpuMicroseconds }) => cpuMicroseconds,
    unit: PASS_THROUGH,
  },
  { title: 'Requests per second', digits: 0, pick: ({ requestsPerSecond }) => requestsPerSecond },
  { title: 'Median time, ms', digits: 2, pick: ({ p50Ms }) => p50Ms },
  { title: '99 % within, ms', digits: 2, pick: ({ p99Ms }) => p99Ms },
  { title: 'Memory after the run, MB', digits: 0, pick: ({ megabytes }) => megabytes },
];

const CELL_COLUMNS: readonly Column[] = [
  { title: 'method' },
  { title: 'revision' },
  { title: 'result' },
  { title: 'upstream' },
  { title: 'connections', isNumber: true },
];

const NOTE = [
  'CPU and memory are those of the contender’s processes; direct: of the upstream itself.',
  'pass-through: node:http before undici, and nothing in between. mcp-proxy and SDK v2 are for MCP alone.',
  'agentyard (s): the same before a server that has sessions and nothing else, for the revision that has them.',
  'a: the contender asked the upstream in the other revision. b: it answered in JSON what the upstream streams.',
  'c: it streamed what the upstream answers in JSON. -: not measured.',
].join('\n');

/** A table for each figure: a row for each cell, a column for each contender. */
export function cellTables(findings: Findings, cells: readonly Cell[], contenders: readonly string[]): string[] {
  if (cells.length === 0) return [];
  const figures = FIGURES.filter(({ unit }) => unit === undefined || contenders.includes(unit));
  const columns = [...CELL_COLUMNS, ...contenders.map((title) => ({ title, isNumber: true }))];
  const tables = figures.map((figure) => {
    const rows = cells.map((cell) => [
      ...titlesOf(cell),
      ...contenders.map((name) => textOf(findings, cell, name, figure)),
    ]);
    return `## ${figure.title}\n\n${renderTable(columns, rows)}`;
  });
  return [...tables, NOTE];
}

/** Whether a contender asked the upstream in the revision that it was asked in. */
export function isSameEra({ era }: Operation, samples: readonly CellSample[]): boolean {
  return samples.every(({ upstreamEras }) => upstreamEras.join() === (era ?? ''));
}

function titlesOf({ method, era, size, form, connections }: Cell): string[] {
  return [method, era ?? '', size, form, String(connections)];
}

function textOf(findings: Findings, cell: Cell, contender: string, figure: Figure): string {
  const { pick, unit, digits } = figure;
  const { cells } = findings;
  const value = cells.median(nameOf(cell), contender, pick);
  const divisor = unit === undefined ? 1 : cells.median(nameOf(cell), unit, pick);
  if (value === undefined || divisor === undefined) return '-';
  return `${(value / divisor).toFixed(digits)}${marksOf(findings, cell, contender)}`;
}

function marksOf(findings: Findings, cell: Cell, contender: string): string {
  const samples = findings.cells.of(nameOf(cell), contender);
  const answersIn = (form: Form): boolean => samples.some(({ forms }) => forms.includes(form));
  const marks = [
    ...(isSameEra(cell, samples) ? [] : ['a']),
    ...(cell.form === 'SSE' && answersIn('JSON') ? ['b'] : []),
    ...(cell.form === 'JSON' && answersIn('SSE') ? ['c'] : []),
  ];
  return marks.length === 0 ? '' : ` ${marks.join(',')}`;
}
