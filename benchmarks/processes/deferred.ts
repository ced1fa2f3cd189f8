/** A promise that is settled from outside. It may be rejected while nobody waits for it. */
export class Deferred<T> {
  public readonly promise: Promise<T>;
  public readonly resolve: (value: T) => void;
  public readonly reject: (error: Error) => void;

  public constructor() {
    let settle!: { resolve: (value: T) => void; reject: (error: Error) => void };
    this.promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
    this.promise.catch(() => undefined);
    this.resolve = settle.resolve;
    this.reject = settle.reject;
  }
}
