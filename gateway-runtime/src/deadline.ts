/** A signal that is aborted when the time is over or the client leaves, and that knows which it was. */
export class Deadline {
  private readonly aborter = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private over = false;

  /**
   * @param ms time that is left
   * @param client aborted when the client leaves
   */
  public constructor(
    ms: number,
    private readonly client: AbortSignal,
  ) {
    this.timer = setTimeout(() => {
      this.over = true;
      this.aborter.abort(new Error(`no answer within ${ms} ms`));
    }, ms);
    if (client.aborted) this.leave();
    else client.addEventListener('abort', this.leave, { once: true });
  }

  public get signal(): AbortSignal {
    return this.aborter.signal;
  }

  /** Whether the time ran out. */
  public get isOver(): boolean {
    return this.over;
  }

  /** Lets go of the timer and of the client's signal. */
  public clear(): void {
    clearTimeout(this.timer);
    this.client.removeEventListener('abort', this.leave);
  }

  private readonly leave = (): void => this.aborter.abort(this.client.reason);
}
