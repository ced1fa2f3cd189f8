/**
 * Upper bounds of the buckets in seconds, as the semantic conventions of OpenTelemetry advise them for operations of MCP:
 * one choice for all durations, so that graphs of a request's parts can be laid over each other.
 */
export const DURATION_BOUNDS: readonly number[] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

/** What was observed under one choice of labels, in buckets. */
export class Observations {
  private readonly buckets: number[];
  private total = 0;

  /**
   * @param labels values of the labels, in their order
   * @param bounds upper ones of the buckets
   */
  public constructor(
    public readonly labels: readonly string[],
    private readonly bounds: readonly number[],
  ) {
    this.buckets = new Array<number>(bounds.length + 1).fill(0);
  }

  public observe(value: number): void {
    const { bounds, buckets } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
    buckets[bucket] = (buckets[bucket] as number) + 1;
    this.total += value;
  }

  public get sum(): number {
    return this.total;
  }

  /** How many were at most as large as each bound, and in the end how many there were. */
  public get cumulated(): number[] {
    let sum = 0;
    return this.buckets.map((count) => (sum += count));
  }
}

/**
 * How large something is, by labels. Whoever measures keeps the `Observations` of a choice of values: nothing is looked
 * up for a single one.
 */
export class Histogram {
  private readonly kept = new Map<string, Observations>();

  /** @param bounds upper ones of the buckets. @default - those of durations, in seconds */
  public constructor(
    public readonly name: string,
    public readonly help: string,
    public readonly labels: readonly string[],
    public readonly bounds: readonly number[] = DURATION_BOUNDS,
  ) {}

  /** Observations of these values of the labels, in their order. */
  public of(...values: readonly string[]): Observations {
    const key = JSON.stringify(values);
    let observations = this.kept.get(key);
    if (observations === undefined) this.kept.set(key, (observations = new Observations(values, this.bounds)));
    return observations;
  }

  /** Forgets what nobody measures any more. */
  public forget(isOver: (labels: readonly string[]) => boolean): void {
    for (const [key, { labels }] of this.kept) if (isOver(labels)) this.kept.delete(key);
  }

  /** All that was ever asked for, and not forgotten. */
  public get series(): Iterable<Observations> {
    return this.kept.values();
  }
}
