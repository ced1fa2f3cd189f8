/** Thrown when a store gives no answer. */
export class StoreDownError extends Error {
  public constructor(reason: string) {
    super(reason);
    this.name = 'StoreDownError';
  }
}
