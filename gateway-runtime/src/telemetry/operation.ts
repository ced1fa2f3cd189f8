import type { Histogram, Observations } from '@agentyard/runtime-kit';

/** Operations of one kind, by how they end. */
export class Operation {
  private readonly byError = new Map<string, Observations>();
  private readonly labels: readonly string[];

  /** @param labels values of all labels of the histogram but the last one, which is the type of the error */
  public constructor(
    private readonly histogram: Histogram,
    ...labels: readonly string[]
  ) {
    this.labels = labels;
  }

  /** @param error empty if there was none */
  public observe(error: string, durationMs: number): void {
    let observations = this.byError.get(error);
    if (observations === undefined) {
      observations = this.histogram.of(...this.labels, error);
      this.byError.set(error, observations);
    }
    observations.observe(durationMs / 1_000);
  }
}
