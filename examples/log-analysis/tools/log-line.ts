/** A line of a log file, as far as it is understood. */
export interface LogLine {
  /** Milliseconds since 1970; absent when the line has no time that is understood. */
  readonly time?: number;
  readonly level?: Level;
  /** The line as it stands in the file. */
  readonly text: string;
}

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof LEVELS)[number];

const ALIASES: ReadonlyMap<string, Level> = new Map(
  Object.entries({
    trace: 'trace',
    debug: 'debug',
    info: 'info',
    notice: 'info',
    warn: 'warn',
    warning: 'warn',
    err: 'error',
    error: 'error',
    severe: 'error',
    fatal: 'fatal',
    critical: 'fatal',
  } as const),
);

/** ISO 8601 at the beginning, with `T` or a space; without a zone it is read as UTC. */
const LEADING_TIME = /^\[?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?/;
/** A level word is looked for at the beginning only; in the message it is just a word. */
const LEVEL_REGION = 120;
const LEVEL_WORD = /\b(trace|debug|info|notice|warn|warning|err|error|severe|fatal|critical)\b/i;

/** Reads a line: JSON with `time` and `level` (as pino and many others write it), else plain text. */
export function parseLine(text: string): LogLine {
  return (text.startsWith('{') ? parseJson(text) : undefined) ?? parsePlain(text);
}

/** Milliseconds of an ISO 8601 time, or of seconds to nanoseconds since 1970; absent if it is none of them. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value === 'number') return sinceEpoch(value);
  if (typeof value !== 'string') return undefined;
  const match = LEADING_TIME.exec(value);
  if (match !== null) {
    const [, date, clock, fraction, zone] = match;
    return validTime(Date.parse(`${date}T${clock}.${(fraction ?? '0').slice(0, 3).padEnd(3, '0')}${zone ?? 'Z'}`));
  }
  return /^\d{4}-\d\d-\d\d/.test(value) ? validTime(Date.parse(value)) : undefined;
}

/** Smaller numbers are seconds; of larger ones the size tells the unit, for all times from 1973 to 5138. */
function sinceEpoch(value: number): number | undefined {
  if (Math.abs(value) < 1e11) return value * 1000;
  const unit = value < 1e14 ? 1 : value < 1e17 ? 1e3 : 1e6;
  return validTime(new Date(value / unit).getTime());
}

const validTime = (time: number): number | undefined => (Number.isNaN(time) ? undefined : time);

function parseJson(text: string): LogLine | undefined {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  return {
    time: parseTime(value.time ?? value.timestamp ?? value['@timestamp'] ?? value.ts),
    level: parseLevel(value.level ?? value.severity),
    text,
  };
}

function parsePlain(text: string): LogLine {
  const level = LEVEL_WORD.exec(text.slice(0, LEVEL_REGION))?.[1];
  return { time: parseTime(text), level: parseLevel(level), text };
}

/** Levels by name, or by number as pino has them: 10 is trace, 60 is fatal. */
function parseLevel(value: unknown): Level | undefined {
  if (typeof value === 'number') return LEVELS[Math.floor(value / 10) - 1];
  return typeof value === 'string' ? ALIASES.get(value.toLowerCase()) : undefined;
}
