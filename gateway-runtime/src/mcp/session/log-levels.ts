/** Most sessions whose level is kept in mind. */
const MAX_KEPT = 10_000;

/** From which level on sessions want log messages, by their keys. A session whose level is forgotten gets none. */
export class LogLevels {
  private readonly levels = new Map<string, string>();

  public set(key: string, level: string): void {
    this.levels.delete(key);
    const [oldest] = this.levels.keys();
    if (this.levels.size >= MAX_KEPT && oldest !== undefined) this.levels.delete(oldest);
    this.levels.set(key, level);
  }

  public forget(key: string): void {
    this.levels.delete(key);
  }

  public of(key: string): string | undefined {
    return this.levels.get(key);
  }
}
