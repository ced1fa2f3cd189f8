import { createHash, timingSafeEqual } from 'node:crypto';
import { API_KEY_PATTERN, type ApiKeyDocument } from 'agentyard/contract';
import { AuthFailure } from './auth-failure.js';
import type { Caller } from './caller.js';

/** Compared with when no key has the id, so that an unknown id takes as long as a known one. */
const NO_HASH = Buffer.alloc(32);

/**
 * Finds out whom a key stands for, in constant time.
 *
 * @param find the key of an id, if there is one
 * @param now milliseconds since the epoch
 * @throws AuthFailure `key-unknown`, `key-expired`
 */
export function callerOfKey(key: string, find: (id: string) => ApiKeyDocument | undefined, now: number): Caller {
  const known = find(API_KEY_PATTERN.exec(key)?.[1] ?? '');
  const sent = createHash('sha256').update(key).digest();
  const equal = timingSafeEqual(sent, known === undefined ? NO_HASH : Buffer.from(known.sha256, 'hex'));
  if (known === undefined || !equal) throw new AuthFailure('key-unknown', { by: 'api-key' });
  if (known.expiresAt !== undefined && now >= Date.parse(known.expiresAt)) {
    throw new AuthFailure('key-expired', { by: 'api-key', keyId: known.id });
  }
  return { user: known.user, roles: new Set(known.roles), by: 'api-key', keyId: known.id };
}
