import { homedir } from 'node:os';
import path from 'node:path';

/** Where what was built or installed for tests is kept from one run to the next. */
export function cacheFolder(...names: string[]): string {
  return path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'agentyard', ...names);
}
