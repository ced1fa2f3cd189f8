import { PlacedSet, type Placed } from '@agentyard/runtime-kit';
import type { RpcId } from '../wire/json-rpc.js';

interface Cancellable extends Placed {
  readonly session: string;
  readonly id: RpcId;
  readonly cancel: () => void;
}

/**
 * Requests of sessions that are being answered, so that their clients can cancel them. They come and go with each
 * request, and few are ever looked for: a Map of them would keep what has gone until a full garbage collection.
 */
export class InFlight {
  private readonly requests = new PlacedSet<Cancellable>();

  /** @returns to be called when it is answered */
  public add(session: string, id: RpcId, cancel: () => void): () => void {
    const request = { place: -1, session, id, cancel };
    this.requests.add(request);
    return () => this.requests.delete(request);
  }

  /** Cancels all of a session that have this id. @returns whether there is such a request here */
  public cancel(session: string, id: RpcId): boolean {
    const found = this.requests.values().filter((request) => request.id === id && request.session === session);
    for (const { cancel } of found) cancel();
    return found.length > 0;
  }
}
