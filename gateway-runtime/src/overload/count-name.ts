import { hash } from 'node:crypto';

/** Name of a count: of one length, and without names of users, since others may read the store. */
export function countName(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22);
}
