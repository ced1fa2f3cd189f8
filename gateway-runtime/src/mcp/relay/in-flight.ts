import type { RpcId } from '../wire/json-rpc.js';

/** Requests of sessions that are being answered, so that their clients can cancel them. */
export class InFlight {
  private readonly cancels = new Map<string, () => void>();

  /** @returns to be called when it is answered */
  public add(session: string, id: RpcId, cancel: () => void): () => void {
    const key = keyOf(session, id);
    this.cancels.set(key, cancel);
    return () => {
      if (this.cancels.get(key) === cancel) this.cancels.delete(key);
    };
  }

  /** @returns whether there is such a request here */
  public cancel(session: string, id: RpcId): boolean {
    const cancel = this.cancels.get(keyOf(session, id));
    cancel?.();
    return cancel !== undefined;
  }
}

function keyOf(session: string, id: RpcId): string {
  return `${session} ${JSON.stringify(id)}`;
}
