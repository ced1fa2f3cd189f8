/** What waits, by user: the users take turns, and each one's own go in the order in which they came. */
export class FairQueue<T> {
  /** Users in the order of their turns; nobody is in it with nothing. */
  private readonly lines = new Map<string, T[]>();
  private count = 0;

  /** @param most how many wait */
  public constructor(private readonly most: number) {}

  /** How many wait. */
  public get size(): number {
    return this.count;
  }

  /**
   * Adds one. When there are too many, the newest of whoever has most in the queue goes, so that nobody fills it alone.
   *
   * @returns the one that is not in the queue, which may be the one that came; absent if there is room for all
   */
  public push(user: string, item: T): T | undefined {
    const own = this.lines.get(user);
    const displaced = this.count < this.most ? undefined : this.displace((own?.length ?? 0) + 1);
    if (this.count >= this.most) return item;
    // The displaced one may have been the last of its user, and the line of this user is looked up anew.
    const line = this.lines.get(user);
    if (line === undefined) this.lines.set(user, [item]);
    else line.push(item);
    this.count += 1;
    return displaced;
  }

  /** Takes the oldest of the user whose turn it is; absent if nobody waits. */
  public shift(): T | undefined {
    const [next] = this.lines;
    if (next === undefined) return undefined;
    const [user, line] = next;
    const item = line.shift();
    this.lines.delete(user);
    if (line.length > 0) this.lines.set(user, line);
    this.count -= 1;
    return item;
  }

  /** Takes one out that waits no longer. @returns whether it was there */
  public remove(user: string, item: T): boolean {
    const line = this.lines.get(user);
    const at = line?.indexOf(item) ?? -1;
    if (line === undefined || at < 0) return false;
    line.splice(at, 1);
    if (line.length === 0) this.lines.delete(user);
    this.count -= 1;
    return true;
  }

  /** Takes all out. */
  public drain(): T[] {
    const all = [...this.lines.values()].flat();
    this.lines.clear();
    this.count = 0;
    return all;
  }

  /** Makes room if somebody has more than `length` in the queue. */
  private displace(length: number): T | undefined {
    let longest: [string, T[]] | undefined;
    for (const entry of this.lines) if (entry[1].length > (longest?.[1].length ?? length)) longest = entry;
    if (longest === undefined) return undefined;
    this.count -= 1;
    return longest[1].pop();
  }
}
