import { Departure, startTimed, stopTimed, type Departing, type Timed } from '@agentyard/runtime-kit';

/**
 * Ends a request when the time is over or the client leaves, and knows which it was. An AbortSignal costs several times
 * as much.
 */
export class Deadline extends Departure implements Timed {
  /** Its place among all that wait. */
  public place = -1;
  /** When the time is over. */
  public due = 0;
  private over = false;
  private isExtended = false;
  /** How much time it was given last. */
  private currentMs = 0;

  /**
   * @param ms time that is left
   * @param client aborted when the client leaves
   */
  public constructor(
    private readonly ms: number,
    private readonly client: Departing,
  ) {
    super();
    this.start(ms);
    if (client.aborted) this.leave();
    else client.addEventListener('abort', this.leave);
  }

  /** Whether the time ran out. */
  public get isOver(): boolean {
    return this.over;
  }

  /** Time that is left, in whole milliseconds; at least 1, since it ends by itself. */
  public get leftMs(): number {
    return Math.max(1, Math.floor(this.due - performance.now()));
  }

  /** Before each try: who comes too late is told nothing. @throws the reason, if it has ended already */
  public throwIfEnded(): void {
    if (this.aborted) throw this.reason as Error;
  }

  /** Gives it other time, from now on: somebody else is waited for. */
  public extend(ms: number): void {
    if (this.aborted) return;
    stopTimed(this);
    this.start(ms);
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
    stopTimed(this);
    this.release();
  }

  /** The time is over. */
  public onDue(): void {
    this.over = true;
    this.abort(new Error(`no answer within ${this.currentMs} ms`));
  }

  private start(ms: number): void {
    this.currentMs = ms;
    this.due = performance.now() + ms;
    startTimed(this);
  }

  private readonly leave = (): void => this.abort(this.client.reason);
}
