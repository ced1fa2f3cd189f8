import { linesOf, logFiles, type LogFile } from './log-files';
import type { LogLine } from './log-line';
import { filterOf, parsedLines, type Filter, type LogRequest } from './log-query';

const DEFAULT_LIMIT = 50;
/** A longer line is cut: one stack dump must not push all others out of the answer. */
const LONGEST_TEXT = 1000;
/** Binary text grows when it is written as JSON: this many bytes times the highest limit fit a sandbox's answer. */
const LONGEST_JSON = 1600;

/** Files that could not be read are named up to here. */
const MOST_NAMED = 5;

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
    files: files.length - found.unreadable.length,
    matches: found.matches,
    levels: found.levels,
    lines,
    truncated: request.operation !== 'count' && found.matches > lines.length,
    summary: summarize(files, found),
  };
}

/** A file that cannot be read, for want of a right or because it is gone, does not keep the others from being read. */
async function read({ source, file, path }: LogFile, filter: Filter, found: Findings): Promise<void> {
  try {
    for await (const line of parsedLines(linesOf({ source, file, path }))) {
      if (filter(line)) found.add({ ...line, source, file });
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    found.unreadable.push(`${source}/${file} (${code})`);
  }
}

/** Matches by level, and of their lines as many as were asked for: the first ones, or for tail the newest. */
class Findings {
  public matches = 0;
  public readonly levels: Record<string, number> = {};
  /** Files that could not be read to their end, and why. */
  public readonly unreadable: string[] = [];
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
    this.kept.push({ ...line, text: shortened(line.text) });
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
    text,
  };
}

/** A copy, since a part of a string keeps the whole of it in memory. */
function shortened(text: string): string {
  let kept = text.slice(0, LONGEST_TEXT);
  while (Buffer.byteLength(JSON.stringify(kept)) > LONGEST_JSON) kept = kept.slice(0, kept.length / 2);
  const copy = Buffer.from(kept).toString();
  return kept.length < text.length ? `${copy} [cut]` : copy;
}

function summarize(files: readonly LogFile[], found: Findings): string {
  if (files.length === 0) return 'There are no log files.';
  const { unreadable } = found;
  const levels = Object.entries(found.levels)
    .sort(([, a], [, b]) => b - a)
    .map(([level, count]) => `${count} ${level === 'none' ? 'without a level' : level}`);
  const matched = found.matches === 0 ? 'no line matches' : `${found.matches} line(s) match: ${levels.join(', ')}`;
  const skipped =
    unreadable.length === 0
      ? ''
      : ` Not read: ${unreadable.slice(0, MOST_NAMED).join(', ')}${unreadable.length > MOST_NAMED ? ', ...' : ''}.`;
  return `In ${files.length - unreadable.length} log file(s) ${matched}.${skipped}`;
}
