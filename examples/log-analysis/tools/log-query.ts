import { parseLine, parseTime, type Level, type LogLine } from './log-line';

/** What is asked of the log store. */
export interface LogRequest {
  readonly operation: 'search' | 'count' | 'range' | 'tail';
  readonly source?: string;
  readonly file?: string;
  readonly text?: string;
  readonly level?: Level;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
}

/** Decides whether a line is asked for. */
export type Filter = (line: LogLine) => boolean;

/**
 * The filter of a request.
 *
 * @throws Error for a request that lacks what its operation needs, or has a time that is none
 */
export function filterOf(request: LogRequest): Filter {
  const text = request.text?.toLowerCase();
  const from = timeOf('from', request.from);
  const to = timeOf('to', request.to);
  if (request.operation === 'search' && text === undefined) throw new Error('search needs a text');
  if (request.operation === 'range' && from === undefined && to === undefined)
    throw new Error('range needs from or to');
  return (line) =>
    (text === undefined || line.text.toLowerCase().includes(text)) &&
    (request.level === undefined || line.level === request.level) &&
    (from === undefined || (line.time !== undefined && line.time >= from)) &&
    (to === undefined || (line.time !== undefined && line.time <= to));
}

/** Reads the lines of a file with their numbers; a line without a time has that of the line before it. */
export async function* parsedLines(lines: AsyncIterable<string>): AsyncGenerator<LogLine & { readonly line: number }> {
  let line = 0;
  let time: number | undefined;
  for await (const text of lines) {
    line += 1;
    if (text.trim() === '') continue;
    const parsed = parseLine(text);
    time = parsed.time ?? time;
    yield { ...parsed, time, line };
  }
}

function timeOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const time = parseTime(value);
  if (time === undefined) throw new Error(`${name} is no time in ISO 8601: use 2026-01-31T12:00:00Z`);
  return time;
}
