import { EventEmitter } from 'node:events';

/**
 * Ends a request when the time is over or the client leaves, and knows which it was. undici takes it as a signal: an
 * AbortSignal costs several times as much.
 */
export class Deadline extends EventEmitter<{ abort: [] }> {
  /** Why the request has ended; read by undici. */
  public reason: unknown;
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
    super();
    this.timer = setTimeout(() => {
      this.over = true;
      this.abort(new Error(`no answer within ${ms} ms`));
    }, ms);
    if (client.aborted) this.leave();
    else client.addEventListener('abort', this.leave, { once: true });
  }

  /** Whether the time ran out. */
  public get isOver(): boolean {
    return this.over;
  }

  /** Before each try: an emitter says nothing to who comes too late. @throws the reason, if it has ended already */
  public throwIfEnded(): void {
    if (this.reason !== undefined) throw this.reason as Error;
  }

  /** Lets go of the timer and of the client's signal. */
  public clear(): void {
    clearTimeout(this.timer);
    this.client.removeEventListener('abort', this.leave);
  }

  private readonly leave = (): void => this.abort(this.client.reason);

  private abort(reason: unknown): void {
    this.reason = reason;
    this.emit('abort');
  }
}
