import { hash, timingSafeEqual } from 'node:crypto';
import { API_KEY_PATTERN, type ApiKeyDocument } from 'agentyard/contract';
import { AuthFailure } from './auth-failure.js';
import type { Caller } from './caller.js';

/** An API key that counts. */
export class ApiKey {
  public readonly id: string;
  public readonly caller: Caller;
  private readonly sha256: Buffer;
  private readonly expiresAt: number;

  public constructor({ id: keyId, user, roles, sha256, expiresAt }: ApiKeyDocument) {
    this.id = keyId;
    this.caller = { user, roles: new Set(roles), by: 'api-key', keyId };
    this.sha256 = Buffer.from(sha256, 'hex');
    this.expiresAt = expiresAt === undefined ? Infinity : Date.parse(expiresAt);
  }

  /** Whether it has this hash, in constant time. */
  public hasHash(sha256: Buffer): boolean {
    return timingSafeEqual(sha256, this.sha256);
  }

  /** @param now milliseconds since the epoch */
  public hasExpired(now: number): boolean {
    return now >= this.expiresAt;
  }
}

/** Compared with when no key has the id, so that an unknown id takes as long as a known one. */
const NO_HASH = Buffer.alloc(32);

/** The hash of the key that is checked now. */
const sent = Buffer.alloc(32);

/**
 * Finds out whom a key stands for, in constant time.
 *
 * @param keys those that count; absent: none
 * @param now milliseconds since the epoch
 * @throws AuthFailure `key-unknown`, `key-expired`
 */
export function callerOfKey(
  key: string,
  keys: { find(id: string): ApiKey | undefined } | undefined,
  now: number,
): Caller {
  const known = keys?.find(API_KEY_PATTERN.exec(key)?.[1] ?? '');
  // As text: a new buffer costs more than the hash.
  sent.write(hash('sha256', key, 'binary'), 'latin1');
  const equal = known === undefined ? timingSafeEqual(sent, NO_HASH) : known.hasHash(sent);
  if (known === undefined || !equal) throw new AuthFailure('key-unknown', { by: 'api-key' });
  if (known.hasExpired(now)) throw new AuthFailure('key-expired', { by: 'api-key', keyId: known.id });
  return known.caller;
}
