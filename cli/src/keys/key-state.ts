import type { KeyEntry } from './stored-keys.js';

/** What a key is good for at a time. */
export type KeyState = 'valid' | 'expires-soon' | 'expired' | 'unreadable';

/** Time in which a key that ends can still be rotated without haste. */
const SOON_MS = 14 * 86_400_000;

/** @param now ms since the epoch */
export function stateOf({ document, fault }: KeyEntry, now: number): KeyState {
  if (document === undefined || fault !== undefined) return 'unreadable';
  const left = document.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(document.expiresAt) - now;
  if (left <= 0) return 'expired';
  return left <= SOON_MS ? 'expires-soon' : 'valid';
}
