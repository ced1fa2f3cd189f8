import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { API_KEY_PATTERN, type ApiKeyDocument } from 'agentyard/contract';

/** Compared with when no key has the id, so that an unknown id takes as long as a known one. */
const NO_HASH = Buffer.alloc(32);

/**
 * The credential of a request: `Authorization: Bearer`, else `x-api-key`. Absent when neither is sent.
 * An `Authorization` of another scheme gives an empty credential, which matches no key.
 */
export function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  if (headers.authorization !== undefined) return /^Bearer +(\S+)$/i.exec(headers.authorization)?.[1] ?? '';
  const key = headers['x-api-key'];
  return Array.isArray(key) ? '' : key;
}

/** The public id inside a key; empty for what is no key. */
export function idOf(key: string): string {
  return API_KEY_PATTERN.exec(key)?.[1] ?? '';
}

/** Whether `key` is the one that was hashed, in constant time, and has not expired at `now` (ms since the epoch). */
export function isValidKey(key: string, known: ApiKeyDocument | undefined, now: number): boolean {
  const sent = createHash('sha256').update(key).digest();
  const equal = timingSafeEqual(sent, known === undefined ? NO_HASH : Buffer.from(known.sha256, 'hex'));
  if (known === undefined || !equal) return false;
  return known.expiresAt === undefined || now < Date.parse(known.expiresAt);
}
