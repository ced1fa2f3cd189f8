import { summarize } from '../samples';
import type { Era } from './cell';
import type { FirstByteSample } from './first-byte';
import type { LoadSample } from './load-run';
import type { StreamSample } from './open-streams';

/** What a run on one cell found, and in which revisions the upstream was asked meanwhile. */
export interface CellSample extends LoadSample {
  readonly upstreamEras: readonly Era[];
}

/** What a run at half of the pass-through's load found. */
export interface HalfLoadSample extends CellSample {
  /** Requests per second that were asked for. */
  readonly rate: number;
}

/** What the rounds found, by what was measured and by contender. */
class Book<S extends object> {
  private readonly samples = new Map<string, Map<string, S[]>>();

  public add(row: string, contender: string, sample: S): void {
    const ofRow = this.samples.get(row) ?? new Map<string, S[]>();
    this.samples.set(row, ofRow.set(contender, [...(ofRow.get(contender) ?? []), sample]));
  }

  /** One of each round; none when it was not measured. */
  public of(row: string, contender: string): readonly S[] {
    return this.samples.get(row)?.get(contender) ?? [];
  }

  /** The median of the rounds; absent when it was not measured. */
  public median(row: string, contender: string, pick: (sample: S) => number | undefined): number | undefined {
    const known = this.of(row, contender)
      .map(pick)
      .filter((value) => value !== undefined);
    return known.length === 0 ? undefined : summarize(known).median;
  }

  /** The medians of all figures. */
  public toJSON(): object {
    const mediansOf = (contenders: ReadonlyMap<string, readonly S[]>): object =>
      Object.fromEntries([...contenders].map(([name, samples]) => [name, medians(samples)]));
    return Object.fromEntries([...this.samples].map(([row, contenders]) => [row, mediansOf(contenders)]));
  }
}

/** One sample that stands for all; what is no figure is the first one's. */
function medians<S extends object>(samples: readonly S[]): object {
  const entries = Object.entries(samples[0]!) as [keyof S, unknown][];
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value !== 'number') return [name, value];
      return [name, Number(summarize(samples.map((sample) => sample[name] as number)).median.toFixed(3))];
    }),
  );
}

/** All that a run of the bench found. */
export class Findings {
  /** By the name of the cell. */
  public readonly cells = new Book<CellSample>();
  /** By what is done. */
  public readonly halfLoads = new Book<HalfLoadSample>();
  /** By what is done. */
  public readonly firstByte = new Book<FirstByteSample>();
  /** By kind of stream. */
  public readonly streams = new Book<StreamSample>();
}
