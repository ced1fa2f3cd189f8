/** Told why a request has ended before its time. */
type Listener = () => void;

/** What an AbortSignal has that those need who only wait for one thing. */
export interface Departing {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: Listener, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: Listener): void;
}

/** Says once that a request ends before its answer is complete. Each has one; an AbortSignal is made only for those who ask. */
export class Departure implements Departing {
  private listeners: Listener[] | undefined;
  private why: unknown;
  private hasEnded = false;

  public get aborted(): boolean {
    return this.hasEnded;
  }

  public get reason(): unknown {
    return this.why;
  }

  /** Tells all listeners, in their order. The first reason stays. */
  public abort(reason: unknown): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.why = reason;
    const { listeners = [] } = this;
    this.listeners = undefined;
    for (const listener of listeners) listener();
  }

  public addEventListener(_type: 'abort', listener: Listener): void {
    if (this.hasEnded) return;
    // An empty array that grows gets room for seventeen.
    if (this.listeners === undefined) this.listeners = [listener];
    else this.listeners.push(listener);
  }

  public removeEventListener(_type: 'abort', listener: Listener): void {
    const at = this.listeners?.indexOf(listener) ?? -1;
    if (at >= 0) this.listeners?.splice(at, 1);
  }
}
