import { CALL_VARIABLE } from './process-table.js';

/** Variables that every server sees if the runtime has them. */
const ALWAYS = ['PATH', 'LANG', 'TZ'];

/**
 * The environment of a server: what is named, and nothing else of the runtime's.
 *
 * @param names further variables
 * @param folder the one that it may write to
 * @param id marks its processes as its own
 */
export function passedOn(names: readonly string[], folder: string, id: string): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of [...ALWAYS, ...names]) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, HOME: folder, TMPDIR: folder, [CALL_VARIABLE]: id };
}
