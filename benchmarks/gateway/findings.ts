import { summarize, type Summary } from '../samples';
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
class Book<S> {
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
    return this.summary(row, contender, pick)?.median;
  }

  /** Least and median of the rounds; absent when it was not measured. */
  public summary(row: string, contender: string, pick: (sample: S) => number | undefined): Summary | undefined {
    const values = this.of(row, contender).map(pick);
    const known = values.filter((value) => value !== undefined);
    return known.length === 0 ? undefined : summarize(known);
  }

  public toJSON(): object {
    return Object.fromEntries([...this.samples].map(([row, contenders]) => [row, Object.fromEntries(contenders)]));
  }
}

/** All that a run of the bench found. */
export class Findings {
  /** By the name of the cell. */
  public readonly cells = new Book<CellSample>();
  /** By era. */
  public readonly halfLoads = new Book<HalfLoadSample>();
  public readonly firstByte = new Book<FirstByteSample>();
  /** By kind of stream. */
  public readonly streams = new Book<StreamSample>();
}
