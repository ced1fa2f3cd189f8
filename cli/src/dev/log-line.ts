import { createColors } from 'picocolors';

/** Members of a line that the prefix or the layout shows already. */
const SHOWN_ELSEWHERE = new Set([
  'time',
  'level',
  'msg',
  'component',
  'name',
  'namespace',
  'event',
  'pid',
  'hostname',
  'v',
]);
const MOST_FIELDS = 8;
const LONGEST_VALUE = 80;

/** A line of a runtime as JSON object; absent for other text. */
export function parseLogLine(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** A line of a runtime, short enough to read: time, level, message and a few fields. Other text stays, without control characters. */
export function renderLogLine(text: string, color: boolean): string {
  const line = parseLogLine(text);
  if (line === undefined) return printable(text);
  const paint = createColors(color);
  const time = typeof line.time === 'string' ? line.time.slice(11, 19) : '';
  const fields = Object.entries(line)
    .filter(([key]) => !SHOWN_ELSEWHERE.has(key))
    .flatMap(([key, value]) => renderField(key, value))
    .slice(0, MOST_FIELDS);
  const parts = [paint.dim(time), levelOf(line.level, paint), printable(textOf(line.msg ?? line.event))];
  return [...parts, paint.dim(fields.join(' '))].filter((part) => part !== '').join(' ');
}

/** Text that cannot steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === '\t' || character === '\n' ? ' ' : '\uFFFD'));
}

/** As `printable`, for text of several lines; what joins letters and signs to one stays. */
export function printableText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/(?![\n\t\u200C\u200D])[\p{Cc}\p{Cf}]/gu, '\uFFFD');
}

/** A plain value as text; empty for what is none. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function levelOf(level: unknown, paint: ReturnType<typeof createColors>): string {
  const name = textOf(level);
  if (name === 'error' || name === 'fatal') return paint.red(name);
  return name === 'warn' ? paint.yellow(name) : name;
}

function renderField(key: string, value: unknown): string[] {
  if (key === 'err' && typeof value === 'object' && value !== null && 'message' in value)
    return renderField('error', value.message);
  const text = printable(textOf(value));
  if (text === '') return [];
  const short = text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
  return [`${key}=${/\s/.test(short) ? JSON.stringify(short) : short}`];
}
