import { hash } from 'node:crypto';
import type { Caller } from './caller.js';
import type { KeySet } from './key-set.js';

/** Most tokens that are kept. */
const MAX_TOKENS = 10_000;

/** How long one is kept, in milliseconds. */
const MAX_AGE_MS = 60_000;

interface VerifiedToken {
  readonly caller: Caller;
  /** The keys that it was verified by; it does not count for others. */
  readonly keys: KeySet | undefined;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Tokens that were verified a moment ago, by their hash, so that a client's next requests cost less. */
export class VerifiedTokens {
  private readonly tokens = new Map<string, VerifiedToken>();

  /** Who the token of an id stands for, if it was verified by the same keys and has not expired since. */
  public find(id: string, keys: KeySet | undefined): Caller | undefined {
    const known = this.tokens.get(id);
    if (known === undefined) return undefined;
    if (known.keys === keys && Date.now() < known.until) return known.caller;
    this.tokens.delete(id);
    return undefined;
  }

  /** @param expiresAt milliseconds since the epoch */
  public add(id: string, keys: KeySet | undefined, caller: Caller, expiresAt: number): void {
    // The oldest goes: a Map keeps the order in which its members came.
    const [oldest] = this.tokens.keys();
    if (this.tokens.size >= MAX_TOKENS && oldest !== undefined) this.tokens.delete(oldest);
    this.tokens.set(id, { caller, keys, until: Math.min(expiresAt, Date.now() + MAX_AGE_MS) });
  }
}

/** What a token is known by: its hash, so that the token itself is not kept. */
export function tokenId(token: string): string {
  return hash('sha256', token, 'base64');
}
