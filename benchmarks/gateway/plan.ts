import { parseArgs } from 'node:util';
import { CELLS, ERAS, nameOf, type Cell, type Era } from './cell';
import { STREAM_KINDS, type StreamKind } from './open-streams';

/** How long and how often things are measured; times in milliseconds. */
export interface Pace {
  readonly rounds: number;
  /** Load before each measurement. */
  readonly leadMs: number;
  readonly measuredMs: number;
  /** For cells that a limit is set for. */
  readonly limitedMs: number;
  /** Load on each contender before all measurements, shared out among the questions. */
  readonly warmUpMs: number;
  readonly openStreams: number;
}

const FULL: Pace = { rounds: 5, leadMs: 100, measuredMs: 350, limitedMs: 1_500, warmUpMs: 4_000, openStreams: 10_000 };
const QUICK: Pace = { rounds: 2, leadMs: 50, measuredMs: 300, limitedMs: 600, warmUpMs: 2_000, openStreams: 1_000 };

/** How many connections limits are set for. */
export const LIMITED_CONNECTIONS = 32;

/** What one run of the bench measures. */
export interface Plan {
  readonly pace: Pace;
  readonly cells: readonly Cell[];
  readonly halfLoads: readonly Era[];
  readonly firstByte: boolean;
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
    halfLoads: ERAS.filter((era) => isAsked(`half load ${era}`)),
    firstByte: isAsked('first byte'),
    streams: STREAM_KINDS.filter((kind) => isAsked(`open streams ${kind}`)),
    contenders: values.contenders?.split(','),
    cpuProfile: values['cpu-profile'],
    isWhole: args.length === 0,
  };
  if (plan.cells.length + plan.halfLoads.length + plan.streams.length === 0 && !plan.firstByte) {
    throw new Error(`--only "${values.only}" leaves nothing to measure`);
  }
  return plan;
}

/** Whether a limit is set for what calls of this kind cost. */
export function isLimited(cell: Cell): boolean {
  return cell.method === 'tools/call' && cell.form === 'JSON' && isLimitedConnections(cell);
}

function isLimitedConnections({ connections }: Cell): boolean {
  return connections === LIMITED_CONNECTIONS;
}
