import { isSameEra } from './cell-tables';
import { nameOf, operationOf, SIZES, type Cell, type Operation } from './cell';
import { DIRECT } from './contenders';
import type { Findings } from './findings';
import { STREAM_KINDS } from './open-streams';
import { LEGACY } from './mcp-message';
import { OWN_GATEWAY, SESSION_GATEWAY } from './own-gateway';
import { MCP_PROXY, PASS_THROUGH } from './peers';
import { LIMITED_CONNECTIONS, LIMITED_OPERATIONS, type Pace } from './plan';

const MOST_TIMES_PASS_THROUGH = 1.5;
const MOST_TIMES_BRIDGED = 4;
const LEAST_TIMES_BELOW_MCP_PROXY = 8;
const MOST_TIMES_P99 = 1.5;
const MOST_TIMES_STREAM_MEMORY = 1.3;
const MOST_FIRST_BYTE_MS = 2;

/** What we want to reach, and whether it is: a line for each figure that was asked for. */
export function reachOf(findings: Findings, { openStreams }: Pace): string[] {
  return [
    ...LIMITED_OPERATIONS.flatMap((operation) => cpuLines(findings, operation)),
    ...LIMITED_OPERATIONS.flatMap((operation) => halfLoadLines(findings, operation)),
    ...LIMITED_OPERATIONS.flatMap((operation) => firstByteLines(findings, operation)),
    ...streamLines(findings, openStreams),
  ];
}

function cpuLines({ cells }: Findings, operation: Operation): string[] {
  const cpu = (cell: Cell, name: string) => cells.median(nameOf(cell), name, ({ cpuMicroseconds }) => cpuMicroseconds);
  const line = (size: Cell['size'], of: string, to: string, isReached: (ratio: number) => boolean, limit: string) => {
    const cell: Cell = { ...operation, size, form: 'JSON', connections: LIMITED_CONNECTIONS };
    const [value, reference] = [cpu(cell, of), cpu(cell, to)];
    if (value === undefined || reference === undefined) return [];
    const about = `CPU of a ${size} JSON ${operationOf(operation)}: ${of} / ${to} ${(value / reference).toFixed(2)}, limit ${limit}`;
    if ([of, to].every((name) => isSameEra(operation, cells.of(nameOf(cell), name))))
      return [verdict(isReached(value / reference), about)];
    return [`not comparable: ${about}; the upstream was asked in the other revision`];
  };
  const own = ownFor(operation);
  const atMost = (ratio: number): boolean => ratio <= MOST_TIMES_PASS_THROUGH;
  const atLeast = (ratio: number): boolean => ratio >= LEAST_TIMES_BELOW_MCP_PROXY;
  return [
    ...line('small', own, PASS_THROUGH, atMost, `at most ${MOST_TIMES_PASS_THROUGH}`),
    ...line('small', MCP_PROXY, own, atLeast, `at least ${LEAST_TIMES_BELOW_MCP_PROXY}`),
    ...line('64 kB', own, PASS_THROUGH, atMost, `at most ${MOST_TIMES_PASS_THROUGH}`),
    ...bridgedLines(operation, cpu),
  ];
}

/** Which of ours is in the same revision on both sides. */
function ownFor({ era }: Operation): string {
  return era === LEGACY ? SESSION_GATEWAY : OWN_GATEWAY;
}

/** Clients with sessions before a toolset, which is asked without. */
function bridgedLines(operation: Operation, cpu: (cell: Cell, name: string) => number | undefined): string[] {
  if (operation.era !== LEGACY) return [];
  return SIZES.flatMap((size) => {
    const cell: Cell = { ...operation, size, form: 'JSON', connections: LIMITED_CONNECTIONS };
    const [own, bare] = [cpu(cell, OWN_GATEWAY), cpu(cell, PASS_THROUGH)];
    if (own === undefined || bare === undefined) return [];
    const about = `CPU of a ${size} JSON ${operationOf(operation)} before a toolset, from one revision to the other`;
    const text = `${about}: ${(own / bare).toFixed(2)} times the pass-through's, limit at most ${MOST_TIMES_BRIDGED}`;
    return [verdict(own / bare <= MOST_TIMES_BRIDGED, text)];
  });
}

function halfLoadLines({ halfLoads }: Findings, operation: Operation): string[] {
  const name = operationOf(operation);
  const ours = ownFor(operation);
  const own = halfLoads.median(name, ours, ({ p99Ms }) => p99Ms);
  const bare = halfLoads.median(name, PASS_THROUGH, ({ p99Ms }) => p99Ms);
  if (own === undefined || bare === undefined) return [];
  const about = `p99 at half of the pass-through's load, ${name}: ${(own / bare).toFixed(2)} times the pass-through's`;
  const text = `${about}, limit below ${MOST_TIMES_P99}`;
  if (!isSameEra(operation, halfLoads.of(name, ours)))
    return [`not comparable: ${text}; the upstream was asked in the other revision`];
  return [verdict(own / bare < MOST_TIMES_P99, text)];
}

function firstByteLines({ firstByte }: Findings, operation: Operation): string[] {
  const name = operationOf(operation);
  const delay = firstByte.median(name, OWN_GATEWAY, ({ p99Ms }) => p99Ms);
  if (delay === undefined) return [];
  const text = `first byte of a stream, ${name}: 99 % within ${delay.toFixed(2)} ms of the upstream's, limit ${MOST_FIRST_BYTE_MS}`;
  return [verdict(delay <= MOST_FIRST_BYTE_MS, text)];
}

function streamLines({ streams }: Findings, count: number): string[] {
  return STREAM_KINDS.flatMap((kind) => {
    if (streams.of(kind, OWN_GATEWAY).length === 0) return [];
    const about = `memory with ${count} open streams of ${kind}`;
    const own = streams.median(kind, OWN_GATEWAY, ({ megabytes }) => megabytes);
    const bare = streams.median(kind, DIRECT, ({ megabytes }) => megabytes);
    if (bare === undefined) return [];
    if (own === undefined) {
      return [verdict(false, `${about}: the gateway ${streams.of(kind, OWN_GATEWAY)[0]?.refusal ?? ''}`)];
    }
    const text = `${about}: ${(own / bare).toFixed(2)} times bare node:http's, limit ${MOST_TIMES_STREAM_MEMORY}`;
    return [verdict(own / bare <= MOST_TIMES_STREAM_MEMORY, text)];
  });
}

const verdict = (isReached: boolean, text: string): string => `${isReached ? 'reached' : 'NOT reached'}: ${text}`;
