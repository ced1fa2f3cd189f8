import type { Terminal } from '../dev/terminal.js';
import { Evaluated } from '../evaluated/evaluated.js';
import { orTold } from '../evaluated/told.js';
import { Difference } from './difference.js';
import { report, type Format } from './report.js';

const WIDENED = 2;

export interface DiffOptions {
  /** Folder of the manifests before the change. */
  readonly before: string;
  readonly after: string;
  readonly format: Format;
}

/** Tells what a change permits and takes away. @returns the exit code, 2 if access widened */
export function runDiff({ before, after, format }: DiffOptions, terminal: Terminal): Promise<number> {
  return orTold(terminal, async () => {
    const difference = Difference.between(await Evaluated.load(before), await Evaluated.load(after));
    terminal.out(report(difference, format));
    return difference.widened ? WIDENED : 0;
  });
}
