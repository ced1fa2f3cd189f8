import { CALL_VARIABLE } from './process-table.js';

/** Variables that every tool sees if the runtime has them. */
const ALWAYS = ['PATH', 'LANG', 'TZ'];

/** Variables of the runtime that tools see: what is named, and no others. @param names further variables */
export function passedOn(names: readonly string[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of [...ALWAYS, ...names]) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

/**
 * The environment of a process of tools.
 *
 * @param names variables of the runtime, beside the usual ones
 * @param folder the one that it may write to
 * @param id marks its processes as its own
 */
export function environmentIn(names: readonly string[], folder: string, id: string): Record<string, string> {
  return { ...passedOn(names), HOME: folder, TMPDIR: folder, [CALL_VARIABLE]: id };
}
