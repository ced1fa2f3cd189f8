/** What is known for a while. The oldest goes when there are too many. */
export class ExpiringMap<V> {
  private readonly entries = new Map<string, { readonly value: V; readonly until: number }>();

  /** @param most how many are kept */
  public constructor(private readonly most: number) {}

  public get size(): number {
    return this.entries.size;
  }

  /** What is known now. */
  public get(key: string): V | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || Date.now() < entry.until) return entry?.value;
    this.entries.delete(key);
    return undefined;
  }

  /** It is not known any more. */
  public delete(key: string): void {
    this.entries.delete(key);
  }

  /** @param until milliseconds since the epoch */
  public set(key: string, value: V, until: number): void {
    // A Map keeps the order in which its members came.
    this.entries.delete(key);
    const [oldest] = this.entries.keys();
    if (this.entries.size >= this.most && oldest !== undefined) this.entries.delete(oldest);
    this.entries.set(key, { value, until });
  }
}
