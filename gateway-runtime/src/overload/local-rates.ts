import { judge, type Cells, type Verdict } from './gcra.js';

/** Counts of one limit that are kept for sure: those that were used last. Others are as if they had not been used. */
const KEPT_COUNTS = 10_000;

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
  private readonly limits = new Map<string, RecentCounts>();

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
    if (counts === undefined) this.limits.set(name, (counts = new RecentCounts()));
    counts.set(count, emptyAt);
  }
}

/**
 * The counts of one limit, in two halves: when the younger one is full, the older one is forgotten. To keep them in the
 * order of their use would change a table with each request.
 */
class RecentCounts {
  private young = new Map<string, number>();
  private old: ReadonlyMap<string, number> = new Map();

  public get(count: string): number | undefined {
    return this.young.get(count) ?? this.old.get(count);
  }

  public set(count: string, emptyAt: number): void {
    this.young.set(count, emptyAt);
    if (this.young.size < KEPT_COUNTS) return;
    this.old = this.young;
    this.young = new Map();
  }
}
