/** What several runs of one measurement found. The smallest is what the machine can do; the median what it did. */
export interface Summary {
  readonly runs: number;
  readonly min: number;
  readonly median: number;
}

export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  return { runs: sorted.length, min: sorted[0]!, median };
}
