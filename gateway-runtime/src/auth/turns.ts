/** Lets a few go at the same time, and a few more wait for their turn. */
export class Turns {
  private going = 0;
  private readonly waiting: (() => void)[] = [];

  /**
   * @param most how many go at the same time
   * @param queue how many wait
   */
  public constructor(
    private readonly most: number,
    private readonly queue: number,
  ) {}

  /** Whether one more would have to be turned away. */
  public get isFull(): boolean {
    return this.going >= this.most && this.waiting.length >= this.queue;
  }

  /** Runs something when it is its turn. */
  public async run<T>(something: () => Promise<T>): Promise<T> {
    if (this.going < this.most) this.going += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await something();
    } finally {
      // The turn goes on to who waits longest.
      const next = this.waiting.shift();
      if (next === undefined) this.going -= 1;
      else next();
    }
  }
}
