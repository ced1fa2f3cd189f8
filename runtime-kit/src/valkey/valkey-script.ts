import { createHash } from 'node:crypto';

/** A script that the server runs at once and by itself. */
export interface ValkeyScript {
  readonly text: string;
  readonly sha1: string;
}

/** @param text Lua */
export function valkeyScript(text: string): ValkeyScript {
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}
