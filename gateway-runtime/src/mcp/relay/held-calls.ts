import { randomBytes } from 'node:crypto';
import type { Caller } from '../../auth/caller.js';
import type { Seal } from '../session/seal.js';
import type { HeldCall } from './held-call.js';

/** Marks a state of the gateway's own among those of servers. */
const MARK = 'agentyard:';

/** Most calls that wait for their clients. */
const MAX_HELD = 1_000;

/**
 * Calls at servers with sessions that wait until a client without one has answered what the server asks. The client
 * keeps a sealed state, which says at which replica the call is.
 */
export class HeldCalls {
  private readonly held = new Map<string, HeldCall>();

  public constructor(
    private readonly seal: Seal,
    private readonly self: string,
  ) {}

  /** Keeps a call. @returns the state by which its client finds it */
  public keep(call: HeldCall, caller: Caller): string {
    const key = randomBytes(16).toString('base64url');
    const oldest = this.held.entries().next().value;
    if (this.held.size >= MAX_HELD && oldest !== undefined) this.giveUp(...oldest);
    this.held.set(key, call);
    call.onEnd(() => this.held.delete(key));
    return MARK + this.seal.close(JSON.stringify([this.self, key]), bindingOf(caller));
  }

  /** Whether a state is one of the gateway's, and not of a server. */
  public isOurs(state: unknown): state is string {
    return typeof state === 'string' && state.startsWith(MARK);
  }

  /** What the replica is called that holds the call; absent for a state that is not of this user. */
  public ownerOf(state: string, caller: Caller): string | undefined {
    return this.opened(state, caller)?.[0];
  }

  /** The call of a state, which is not held any more; absent if it has ended, or if the request is for something else. */
  public take(state: string, caller: Caller, request: Parameters<HeldCall['isFor']>[0]): HeldCall | undefined {
    const [, key = ''] = this.opened(state, caller) ?? [];
    const call = this.held.get(key);
    if (call?.isFor(request) !== true) return undefined;
    this.held.delete(key);
    return call;
  }

  public close(): void {
    for (const [key, call] of this.held) this.giveUp(key, call);
  }

  private giveUp(key: string, call: HeldCall): void {
    this.held.delete(key);
    call.cancel('the gateway does not hold it any more');
  }

  private opened(state: string, caller: Caller): readonly [owner: string, key: string] | undefined {
    const text = this.seal.open(state.slice(MARK.length), bindingOf(caller));
    return text === undefined ? undefined : (JSON.parse(text) as [string, string]);
  }
}

function bindingOf({ user, issuer, by }: Caller): string {
  return JSON.stringify(['call', by === 'access-token' ? (issuer ?? null) : by, user]);
}
