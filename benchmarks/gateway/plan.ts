import { parseArgs } from 'node:util';
import { CELLS, nameOf, OPERATIONS, operationOf, type Cell, type Operation } from './cell';
import type { LoadRun } from './load-run';
import { MODERN } from './mcp-message';
import { STREAM_KINDS, type StreamKind } from './open-streams';

/** A measurement, and the load before it. */
export type Span = Pick<LoadRun, 'leadMs' | 'measuredMs'>;

/** How long and how often things are measured; times in milliseconds. */
export interface Pace {
  readonly rounds: number;
  /** How long each measurement takes, and has load before. */
  readonly usual: Span;
  /**
   * For what a limit is set for. The load before is on until what runs is compiled for good: a program that has just served something else
   * is slower for some seconds.
   */
  readonly limited: Span;
  /** How long each contender has load before all measurements, at most. Shared out among the questions. */
  readonly warmUpMs: number;
  /** After how many answers that is enough: so many until what runs is compiled for good. */
  readonly warmUpAnswers: number;
  readonly openStreams: number;
}

const FULL: Pace = {
  rounds: 5,
  usual: { leadMs: 50, measuredMs: 250 },
  limited: { leadMs: 3_000, measuredMs: 1_500 },
  warmUpMs: 20_000,
  warmUpAnswers: 150_000,
  openStreams: 10_000,
};
const QUICK: Pace = {
  rounds: 2,
  usual: { leadMs: 50, measuredMs: 250 },
  limited: { leadMs: 300, measuredMs: 600 },
  warmUpMs: 2_000,
  warmUpAnswers: 10_000,
  openStreams: 1_000,
};

/** How many connections limits are set for. */
export const LIMITED_CONNECTIONS = 32;

/** What limits are set for. */
export const LIMITED_OPERATIONS = OPERATIONS.filter(({ method }) => method !== 'tools/list');

/** Whose streams it is measured of when they begin. */
const STREAMED_OPERATIONS = LIMITED_OPERATIONS.filter(({ era = MODERN }) => era === MODERN);

/** What one run of the bench measures. */
export interface Plan {
  readonly pace: Pace;
  readonly cells: readonly Cell[];
  readonly halfLoads: readonly Operation[];
  readonly firstByte: readonly Operation[];
  readonly streams: readonly StreamKind[];
  /** Names of contenders. @default - all */
  readonly contenders: readonly string[] | undefined;
  /** Folder for CPU profiles of our gateway. @default - none are taken */
  readonly cpuProfile: string | undefined;
  /** Whether it is all, so that its result may be kept. */
  readonly isWhole: boolean;
}

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string', default: '' },
  contenders: { type: 'string' },
  'cpu-profile': { type: 'string' },
} as const;

/** Reads the command line. @throws Error for an option that there is not, or when nothing is left */
export function planOf(args: readonly string[]): Plan {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const words = values.only.split(' ').filter((word) => word !== '');
  const isAsked = (name: string): boolean => words.every((word) => name.split(' ').includes(word));
  const cells = CELLS.filter((cell) => !values.quick || words.length > 0 || isLimitedConnections(cell));
  const plan = {
    pace: values.quick ? QUICK : FULL,
    cells: cells.filter((cell) => isAsked(nameOf(cell))),
    halfLoads: LIMITED_OPERATIONS.filter((operation) => isAsked(`half load ${operationOf(operation)}`)),
    firstByte: STREAMED_OPERATIONS.filter((operation) => isAsked(`first byte ${operationOf(operation)}`)),
    streams: STREAM_KINDS.filter((kind) => isAsked(`open streams ${kind}`)),
    contenders: values.contenders?.split(','),
    cpuProfile: values['cpu-profile'],
    isWhole: args.length === 0,
  };
  if ([plan.cells, plan.halfLoads, plan.firstByte, plan.streams].every(({ length }) => length === 0)) {
    throw new Error(`--only "${values.only}" leaves nothing to measure`);
  }
  return plan;
}

/** Whether a limit is set for what requests of this kind cost. */
export function isLimited(cell: Cell): boolean {
  return cell.method !== 'tools/list' && cell.form === 'JSON' && isLimitedConnections(cell);
}

function isLimitedConnections({ connections }: Cell): boolean {
  return connections === LIMITED_CONNECTIONS;
}
