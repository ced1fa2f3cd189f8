import { renderTable, type Column } from '../table';
import { OPERATIONS, operationOf } from './cell';
import { DIRECT } from './contenders';
import type { Findings } from './findings';
import { STREAM_KINDS } from './open-streams';
import { OWN_GATEWAY, SESSION_GATEWAY } from './own-gateway';
import { PASS_THROUGH } from './peers';
import { SLOW_MS } from './known-tools';

const column = (title: string) => ({ title, isNumber: true });

/** Tables of what is measured beside the cells. */
export function extraTables(findings: Findings, contenders: readonly string[], openStreams: number): string[] {
  return [
    section('At half of the pass-through’s load', halfLoadRows(findings), halfLoadColumns),
    section(
      'First byte of a stream, ms after the upstream',
      firstByteRows(findings, contenders),
      firstByteColumns,
      FIRST_BYTE_NOTE,
    ),
    section(`Memory with ${openStreams} open streams, MB`, streamRows(findings), streamColumns),
  ].filter((text) => text !== '');
}

function section(title: string, rows: readonly string[][], columns: readonly Column[], note = ''): string {
  return rows.length === 0 ? '' : `## ${title}\n\n${renderTable(columns, rows)}${note}`;
}

const halfLoadColumns = [
  { title: 'contender' },
  { title: 'request' },
  column('asked per second'),
  column('answered per second'),
  column('median ms'),
  column('99 % ms'),
];

function halfLoadRows({ halfLoads }: Findings): string[][] {
  return OPERATIONS.map(operationOf).flatMap((operation) =>
    [PASS_THROUGH, OWN_GATEWAY, SESSION_GATEWAY].flatMap((name) => {
      const rate = halfLoads.median(operation, name, (sample) => sample.rate);
      if (rate === undefined) return [];
      const answered = halfLoads.median(operation, name, ({ requestsPerSecond }) => requestsPerSecond)!;
      const p50 = halfLoads.median(operation, name, ({ p50Ms }) => p50Ms)!;
      const p99 = halfLoads.median(operation, name, ({ p99Ms }) => p99Ms)!;
      return [[name, operation, rate.toFixed(0), answered.toFixed(0), p50.toFixed(2), p99.toFixed(2)]];
    }),
  );
}

const firstByteColumns = [{ title: 'contender' }, { title: 'request' }, column('median'), column('99 %')];

function firstByteRows({ firstByte }: Findings, contenders: readonly string[]): string[][] {
  return OPERATIONS.map(operationOf).flatMap((operation) =>
    contenders.flatMap((name) => {
      const p50 = firstByte.median(operation, name, ({ p50Ms }) => p50Ms);
      const p99 = firstByte.median(operation, name, ({ p99Ms }) => p99Ms);
      return p50 === undefined || p99 === undefined ? [] : [[name, operation, p50.toFixed(2), p99.toFixed(2)]];
    }),
  );
}

const FIRST_BYTE_NOTE = `\n\nOf a call whose stream begins with progress, or an agent’s, whose result comes ${SLOW_MS} ms later.`;

const streamColumns = [{ title: 'streams' }, column('bare node:http'), column(OWN_GATEWAY), column('ratio')];

function streamRows({ streams }: Findings): string[][] {
  return STREAM_KINDS.filter((kind) => streams.of(kind, DIRECT).length > 0).map((kind) => {
    const bare = streams.median(kind, DIRECT, ({ megabytes }) => megabytes)!;
    const own = streams.median(kind, OWN_GATEWAY, ({ megabytes }) => megabytes);
    if (own === undefined) return [kind, bare.toFixed(0), streams.of(kind, OWN_GATEWAY)[0]?.refusal ?? '-', '-'];
    return [kind, bare.toFixed(0), own.toFixed(0), (own / bare).toFixed(2)];
  });
}
