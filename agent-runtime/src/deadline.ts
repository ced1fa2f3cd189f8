/** Why a request was cut off before the model had finished. */
export type CutOff = 'timeout' | 'client-gone';

/** The end of a request: its time limit, or its client's departure, whichever comes first. */
export class Deadline {
  private readonly aborter = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly until: number;
  private readonly onClientGone = () => this.cut('client-gone');
  private reason: CutOff | undefined;

  public constructor(
    timeoutMs: number,
    private readonly client: AbortSignal,
  ) {
    this.until = performance.now() + timeoutMs;
    this.timer = setTimeout(() => this.cut('timeout'), timeoutMs);
    client.addEventListener('abort', this.onClientGone, { once: true });
    if (client.aborted) this.cut('client-gone');
  }

  /** Aborted at the deadline, and when the request has ended in another way: nothing of it runs on. */
  public get signal(): AbortSignal {
    return this.aborter.signal;
  }

  /** Time that is left, in milliseconds. */
  public get leftMs(): number {
    return Math.max(0, this.until - performance.now());
  }

  /** What cut the request off, if anything has. */
  public get cutOff(): CutOff | undefined {
    return this.reason;
  }

  /** Ends what may still run for the request, and the timer. */
  public end(): void {
    clearTimeout(this.timer);
    this.client.removeEventListener('abort', this.onClientGone);
    this.aborter.abort(new DOMException('The request has ended.', 'AbortError'));
  }

  private cut(reason: CutOff): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.aborter.abort(new DOMException(`The request was cut off: ${reason}.`, 'AbortError'));
  }
}
