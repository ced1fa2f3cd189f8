import { linesOf, logFiles, type LogFile } from './log-files';
import type { LogLine } from './log-line';
import { filterOf, parsedLines, type Filter, type LogRequest } from './log-query';

const DEFAULT_LIMIT = 50;
/** A longer line is cut: one stack dump must not push all others out of the answer. */
const LONGEST_TEXT = 1000;

interface Context {
  readonly data: Readonly<Record<string, string>>;
}

interface FoundLine extends LogLine {
  readonly source: string;
  readonly file: string;
  readonly line: number;
}

/** Searches, counts, cuts out or ends log files; the manifest says what it takes and gives. */
export async function log_store(request: LogRequest, { data }: Context) {
  const filter = filterOf(request);
  const files = await logFiles(data, request.source, request.file);
  const found = new Findings(request.operation, request.limit ?? DEFAULT_LIMIT);
  for (const file of files) await read(file, filter, found);
  const lines = found.lines().map(render);
  return {
    files: files.length,
    matches: found.matches,
    levels: found.levels,
    lines,
    truncated: request.operation !== 'count' && found.matches > lines.length,
    summary: summarize(files, found),
  };
}

async function read({ source, file, path }: LogFile, filter: Filter, found: Findings): Promise<void> {
  for await (const line of parsedLines(linesOf({ source, file, path }))) {
    if (filter(line)) found.add({ ...line, source, file });
  }
}

/** Matches by level, and of their lines as many as were asked for: the first ones, or for tail the newest. */
class Findings {
  public matches = 0;
  public readonly levels: Record<string, number> = {};
  private kept: FoundLine[] = [];

  public constructor(
    private readonly operation: LogRequest['operation'],
    private readonly limit: number,
  ) {}

  public add(line: FoundLine): void {
    this.matches += 1;
    const level = line.level ?? 'none';
    this.levels[level] = (this.levels[level] ?? 0) + 1;
    if (this.operation === 'count') return;
    if (this.operation !== 'tail' && this.kept.length >= this.limit) return;
    this.kept.push(line);
    // Trimmed now and then, not at every line, so that a long file costs no sorting per line.
    if (this.kept.length > this.limit * 4) this.trim();
  }

  public lines(): FoundLine[] {
    if (this.operation === 'tail') this.trim();
    return this.kept;
  }

  private trim(): void {
    this.kept.sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
    this.kept = this.kept.slice(-this.limit);
  }
}

function render({ source, file, line, time, level, text }: FoundLine) {
  return {
    source,
    file,
    line,
    ...(time === undefined ? {} : { time: new Date(time).toISOString() }),
    ...(level === undefined ? {} : { level }),
    text: text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)} [cut]` : text,
  };
}

function summarize(files: readonly LogFile[], found: Findings): string {
  if (files.length === 0) return 'There are no log files.';
  const levels = Object.entries(found.levels)
    .sort(([, a], [, b]) => b - a)
    .map(([level, count]) => `${count} ${level === 'none' ? 'without a level' : level}`);
  const matched = found.matches === 0 ? 'no line matches' : `${found.matches} line(s) match: ${levels.join(', ')}`;
  return `In ${files.length} log file(s) ${matched}.`;
}
