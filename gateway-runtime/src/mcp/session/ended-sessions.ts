/** As long as a session could have lasted, in milliseconds. */
const KEEP_MS = 86_400_000;

/** Most sessions that are kept in mind. */
const MAX_KEPT = 100_000;

/** Sessions that their clients have ended before their time. */
export class EndedSessions {
  private readonly ended = new Map<string, number>();

  public constructor(private readonly now: () => number = () => performance.now()) {}

  public add(key: string): void {
    const now = this.now();
    for (const [first, at] of this.ended) {
      if (at + KEEP_MS > now && this.ended.size < MAX_KEPT) break;
      this.ended.delete(first);
    }
    this.ended.set(key, now);
  }

  public has(key: string): boolean {
    return this.ended.has(key);
  }
}
