import { judge, type Cells, type Verdict } from './gcra.js';

/** Counts of one limit that are kept. The one that was used longest ago goes, as if it had not been used. */
const MOST_COUNTS = 10_000;

/** A limit that applies to a request, and which of its counts. */
export interface AppliedRate {
  /** Name of the limit. */
  readonly name: string;
  readonly cells: Cells;
  /** Name of the count. */
  readonly count: string;
}

/** What this replica has counted. */
export class LocalRates {
  private readonly limits = new Map<string, Map<string, number>>();

  /** @param now milliseconds of a clock that never goes back */
  public constructor(private readonly now: () => number) {}

  /** Counts a request, unless one of the limits refuses it. */
  public take(rates: readonly AppliedRate[]): Verdict[] {
    const now = this.now();
    const verdicts = rates.map(({ name, cells, count }) => judge(cells, this.limits.get(name)?.get(count), now));
    if (verdicts.every(({ allowed }) => allowed))
      verdicts.forEach(({ emptyAt }, i) => this.keep(rates[i] as AppliedRate, emptyAt));
    return verdicts;
  }

  /** Forgets what was counted for others. */
  public keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.limits.keys()) if (!names.has(name)) this.limits.delete(name);
  }

  /** What goes along with a document. */
  public close(): void {
    this.limits.clear();
  }

  private keep({ name, count }: AppliedRate, emptyAt: number): void {
    let counts = this.limits.get(name);
    if (counts === undefined) this.limits.set(name, (counts = new Map<string, number>()));
    counts.delete(count);
    if (counts.size >= MOST_COUNTS) counts.delete(counts.keys().next().value as string);
    counts.set(count, emptyAt);
  }
}
