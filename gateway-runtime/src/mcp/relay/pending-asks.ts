import { randomBytes } from 'node:crypto';
import type { Seal } from '../session/seal.js';
import type { JsonObject } from '../wire/json-rpc.js';

/** Marks an id of the gateway's own: no server has an empty name. */
const MARK = '~ask:';

/** Most requests that wait for an answer. */
const MAX_PENDING = 10_000;

interface Pending {
  readonly session: string;
  readonly take: (response: JsonObject) => void;
}

/** Requests of the gateway's own to clients with a session, on behalf of servers that have none. */
export class PendingAsks {
  private readonly pending = new Map<string, Pending>();

  public constructor(
    private readonly seal: Seal,
    private readonly self: string,
  ) {}

  /**
   * Makes an id for a request.
   *
   * @param take gets the response
   * @returns the id, and what is called when nobody waits any more
   */
  public open(
    session: string,
    take: (response: JsonObject) => void,
  ): { readonly id: string; readonly close: () => void } {
    const key = randomBytes(16).toString('base64url');
    const [oldest] = this.pending.keys();
    if (this.pending.size >= MAX_PENDING && oldest !== undefined) this.pending.delete(oldest);
    this.pending.set(key, { session, take });
    const id = MARK + this.seal.close(JSON.stringify([this.self, key]), bindingOf(session));
    return { id, close: () => void this.pending.delete(key) };
  }

  /** What the replica is called that waits for a response; absent for an id that is not of this session. */
  public ownerOf(id: unknown, session: string): string | undefined {
    return this.opened(id, session)?.[0];
  }

  /** Hands over a response. @returns whether somebody waits for it here */
  public take(response: JsonObject, session: string): boolean {
    const [, key = ''] = this.opened(response.id, session) ?? [];
    const pending = this.pending.get(key);
    if (pending?.session !== session) return false;
    this.pending.delete(key);
    pending.take(response);
    return true;
  }

  private opened(id: unknown, session: string): readonly [owner: string, key: string] | undefined {
    if (typeof id !== 'string' || !id.startsWith(MARK)) return undefined;
    const text = this.seal.open(id.slice(MARK.length), bindingOf(session));
    return text === undefined ? undefined : (JSON.parse(text) as [string, string]);
  }
}

function bindingOf(session: string): string {
  return JSON.stringify(['ask', session]);
}
