import type { ApiKeyDocument } from 'agentyard/contract';
import { DevError } from '../dev/dev-error.js';
import { utc } from './time.js';

/** What was asked of the end of a key, as commander gives it. */
export interface ExpiryFlags {
  /** Length of its validity, in ms. */
  readonly expires?: number;
  /** End of its validity, in ms since the epoch. */
  readonly expiresAt?: number;
  /** False for a key without an end. */
  readonly expiry: boolean;
}

/** Until when a key is valid, in ms since the epoch; without `at`, until it is removed. */
export interface Expiry {
  readonly at?: number;
}

/** The end that was asked for; undefined if none was named. @throws DevError if it has passed */
export function askedExpiry({ expires, expiresAt, expiry }: ExpiryFlags, now: number): Expiry | undefined {
  if (!expiry) return {};
  if (expires !== undefined) return { at: now + expires };
  if (expiresAt === undefined) return undefined;
  if (expiresAt <= now) throw new DevError(`--expires-at: ${utc(expiresAt)} has passed, it is ${utc(now)}`);
  return { at: expiresAt };
}

/** An end for the successor of a key: as long a validity as that one was made with. @throws DevError if that is not known */
export function sameLength({ id, createdAt, expiresAt }: ApiKeyDocument, now: number): Expiry {
  if (expiresAt === undefined) return {};
  const length = createdAt === undefined ? Number.NaN : Date.parse(expiresAt) - Date.parse(createdAt);
  if (length > 0) return { at: now + length };
  throw new DevError(
    `the key ${id} does not say for how long it was made; give --expires, --expires-at or --no-expiry for the new one`,
  );
}
