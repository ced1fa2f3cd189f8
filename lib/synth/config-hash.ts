import { createHash } from 'node:crypto';

/** Annotation of pod templates that changes, and so rolls the pods, when what they mount changes. */
export const CONFIG_HASH_ANNOTATION = 'agentyard.dev/config-hash';

/** SHA-256 of a text, in hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Hash over the files that a pod mounts: their names and contents, in the order of names. */
export function configHash(files: Readonly<Record<string, string>>): string {
  const entries = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify(entries));
}
