import type { IConstruct } from 'constructs';
import { RE2JS } from 're2js';
import { SynthError } from '../lib/errors/synth-error';

/** Throws ROUTE_PATTERN_INVALID for what is no regular expression of a route. */
export function checkPattern(pattern: string, route: IConstruct): void {
  try {
    if (pattern === '') throw new Error('it is empty, so it would match everything');
    RE2JS.compile(pattern);
  } catch (error) {
    throw new SynthError('ROUTE_PATTERN_INVALID', route, {
      message: `"${pattern}" is no regular expression in RE2 syntax: ${(error as Error).message}`,
      remedy: 'Correct it; RE2 has no look-around and no back-references, and ".*" matches everything',
    });
  }
}
