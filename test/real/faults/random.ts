/** Numbers that follow from a seed (mulberry32), so that what has gone wrong can be tried again. */
export class Random {
  public constructor(private state: number) {}

  /** From 0 to below 1. */
  public next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `from` to below `to`. */
  public between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from));
  }

  public pick<T>(values: readonly T[]): T {
    return values[this.between(0, values.length)] as T;
  }
}
