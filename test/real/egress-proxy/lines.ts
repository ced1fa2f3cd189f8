import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Line = Readonly<Record<string, unknown>>;

/** The JSON lines that a process has written to standard output; what else it writes is kept as `text`. */
export function linesOf(child: ChildProcess): Line[] {
  const lines: Line[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (text) => {
      try {
        lines.push(JSON.parse(text) as Line);
      } catch {
        lines.push({ text });
      }
    });
  }
  return lines;
}
