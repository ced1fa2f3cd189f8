/**
 * Upper bounds of the buckets in seconds, as the semantic conventions of OpenTelemetry advise them for operations of MCP:
 * one choice for all, so that graphs of a request's parts can be laid over each other.
 */
export const DURATION_BOUNDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] as const;

/** Durations of one kind, in buckets. */
export class Durations {
  private readonly buckets = new Array<number>(DURATION_BOUNDS.length + 1).fill(0);
  private total = 0;

  /** @param labels values of the labels, in their order */
  public constructor(public readonly labels: readonly string[]) {}

  public observe(seconds: number): void {
    let bucket = 0;
    while (bucket < DURATION_BOUNDS.length && seconds > (DURATION_BOUNDS[bucket] as number)) bucket += 1;
    this.buckets[bucket] = (this.buckets[bucket] as number) + 1;
    this.total += seconds;
  }

  /** In seconds. */
  public get sum(): number {
    return this.total;
  }

  /** How many were at most as long as each bound, and in the end how many there were. */
  public get cumulated(): number[] {
    let sum = 0;
    return this.buckets.map((count) => (sum += count));
  }
}

/**
 * How long things take that have labels. Whoever measures keeps the `Durations` of a choice of values: nothing is looked
 * up for a single one.
 */
export class DurationHistogram {
  private readonly kept = new Map<string, Durations>();

  public constructor(
    public readonly name: string,
    public readonly help: string,
    public readonly labels: readonly string[],
  ) {}

  /** Durations of these values of the labels, in their order. */
  public of(...values: readonly string[]): Durations {
    const key = JSON.stringify(values);
    let durations = this.kept.get(key);
    if (durations === undefined) this.kept.set(key, (durations = new Durations(values)));
    return durations;
  }

  /** Forgets durations that nobody measures any more. */
  public forget(isOver: (labels: readonly string[]) => boolean): void {
    for (const [key, { labels }] of this.kept) if (isOver(labels)) this.kept.delete(key);
  }

  /** All that were ever asked for, and not forgotten. */
  public get series(): Iterable<Durations> {
    return this.kept.values();
  }
}
