import { createColors } from 'picocolors';
import { printable } from '../dev/log-line.js';
import { exitCodeOf, type Check, type CheckStatus } from './check.js';

/** What the command has found out about a cluster. */
export interface Report {
  readonly context: string;
  readonly kubernetes: string;
  readonly namespace: string;
  readonly checks: readonly Check[];
}

const WORDS: Record<CheckStatus, string> = { ok: 'ok', failed: 'FAILED', unknown: 'unknown', info: 'info' };

/** A line a check, and what to do below it. */
export function renderTable({ context, kubernetes, checks }: Report, color: boolean): string {
  const paint = createColors(color);
  const paints = { ok: paint.green, failed: paint.red, unknown: paint.yellow, info: paint.dim };
  const width = Math.max(...checks.map(({ id }) => id.length));
  const lines = checks.flatMap(({ id, status, detail, remedy }) => {
    const line = `${paints[status](WORDS[status].padEnd(8))} ${id.padEnd(width)}  ${printable(detail)}`;
    return remedy === undefined ? [line] : [line, `${' '.repeat(9 + width)}  -> ${printable(remedy)}`];
  });
  return `Context ${printable(context)}, Kubernetes ${printable(kubernetes)}\n\n${lines.join('\n')}\n\n${conclusion(checks)}\n`;
}

/** The same for programs. */
export function renderJson(report: Report): string {
  return `${JSON.stringify({ ...report, exitCode: exitCodeOf(report.checks) }, undefined, 2)}\n`;
}

function conclusion(checks: readonly Check[]): string {
  const count = (wanted: CheckStatus) => checks.filter(({ status }) => status === wanted).length;
  return `${count('ok')} ok, ${count('failed')} failed, ${count('unknown')} unknown`;
}
