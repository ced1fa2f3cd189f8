import { createHash } from 'node:crypto';

/** Name of a count: of one length, and without names of users, since others may read the store. */
export function countName(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}
