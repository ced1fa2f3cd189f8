/** Times that requests took, in milliseconds. */
export class Latency {
  private readonly times: number[] = [];

  public add(milliseconds: number): void {
    this.times.push(milliseconds);
  }

  public get count(): number {
    return this.times.length;
  }

  /** The time within which a share of the requests were answered. */
  public percentiles(): { readonly p50Ms: number; readonly p99Ms: number } {
    const sorted = Float64Array.from(this.times).sort();
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
    return { p50Ms: at(0.5), p99Ms: at(0.99) };
  }
}
