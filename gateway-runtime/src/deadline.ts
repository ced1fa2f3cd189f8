import { Departure, type Departing } from '@agentyard/runtime-kit';

/**
 * Ends a request when the time is over or the client leaves, and knows which it was. An AbortSignal costs several times
 * as much.
 */
export class Deadline extends Departure {
  private timer: NodeJS.Timeout;
  private until = 0;
  private over = false;
  private isExtended = false;

  /**
   * @param ms time that is left
   * @param client aborted when the client leaves
   */
  public constructor(
    private readonly ms: number,
    private readonly client: Departing,
  ) {
    super();
    this.timer = this.start(ms);
    if (client.aborted) this.leave();
    else client.addEventListener('abort', this.leave);
  }

  /** Whether the time ran out. */
  public get isOver(): boolean {
    return this.over;
  }

  /** Time that is left, in whole milliseconds; at least 1, since it ends by itself. */
  public get leftMs(): number {
    return Math.max(1, Math.floor(this.until - performance.now()));
  }

  /** Before each try: who comes too late is told nothing. @throws the reason, if it has ended already */
  public throwIfEnded(): void {
    if (this.aborted) throw this.reason as Error;
  }

  /** Gives it other time, from now on: somebody else is waited for. */
  public extend(ms: number): void {
    if (this.aborted) return;
    clearTimeout(this.timer);
    this.timer = this.start(ms);
    this.isExtended = true;
  }

  /** Gives it the time that it had at first, from now on, if it was given another. */
  public restart(): void {
    if (!this.isExtended) return;
    this.extend(this.ms);
    this.isExtended = false;
  }

  /** From now on the client may leave. */
  public release(): void {
    this.client.removeEventListener('abort', this.leave);
  }

  /** Lets go of the timer and of the client's signal. */
  public clear(): void {
    clearTimeout(this.timer);
    this.release();
  }

  private start(ms: number): NodeJS.Timeout {
    this.until = performance.now() + ms;
    return setTimeout(() => {
      this.over = true;
      this.abort(new Error(`no answer within ${ms} ms`));
    }, ms);
  }

  private readonly leave = (): void => this.abort(this.client.reason);
}
