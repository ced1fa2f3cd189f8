import type { Form, Question, Size } from './cell';

/** A tool as `tools/list` shows it. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: object;
}

/** Tools that are called: the name says how large the result is, and how it is sent. */
const CALLED: readonly { readonly name: string; readonly size: Size; readonly form: Form }[] = [
  { name: 'small_json', size: 'small', form: 'JSON' },
  { name: 'small_sse', size: 'small', form: 'SSE' },
  { name: 'large_json', size: '64 kB', form: 'JSON' },
  { name: 'large_sse', size: '64 kB', form: 'SSE' },
];

/** A tool whose stream begins a while before its result is there. The result says when it began. */
export const SLOW_TOOL = 'slow';

/** How long after the begin of its stream the result of {@link SLOW_TOOL} comes, in milliseconds. */
export const SLOW_MS = 5;

/** Argument of every call. */
export const CALL_ARGUMENTS = { query: 'errors of the last hour', limit: 20 };

const LARGE_BYTES = 65_536;

/** Name of the tool that answers as a question says. */
export function toolFor({ size, form }: Pick<Question, 'size' | 'form'>): string {
  return CALLED.find((tool) => tool.size === size && tool.form === form)!.name;
}

/** What a tool is called for; absent for one that is not known. */
export function answerOf(tool: string): { readonly size: Size; readonly form: Form } | undefined {
  return CALLED.find(({ name }) => name === tool);
}

const TEXTS: Readonly<Record<Size, string>> = { small: linesOf(1), '64 kB': linesOf(LARGE_BYTES) };

/** The result of a call: lines of a log. */
export function textOf(size: Size): string {
  return TEXTS[size];
}

function linesOf(bytes: number): string {
  const lines: string[] = [];
  for (let length = 0, number = 0; length < bytes; number += 1) {
    const line = `2026-07-28T12:${String(number % 60).padStart(2, '0')}:00Z error "checkout" order ${1000 + number} was refused\n`;
    lines.push(line);
    length += line.length;
  }
  return lines.join('').slice(0, LARGE_BYTES);
}

/** Tools that every list has. */
export const FEW_TOOLS: readonly Tool[] = [...CALLED.map(({ name }) => name), SLOW_TOOL].map((name) => ({
  name,
  description: 'Looks lines up in a log.',
  inputSchema: {
    type: 'object',
    properties: { query: { type: 'string' }, limit: { type: 'integer' } },
    required: ['query'],
  },
}));

/** Tools that only a large list has. */
export const MORE_TOOLS: readonly Tool[] = moreTools();

/** What `tools/list` answers. */
export function toolsOf(size: Size): readonly Tool[] {
  return size === 'small' ? FEW_TOOLS : [...FEW_TOOLS, ...MORE_TOOLS];
}

function moreTools(): Tool[] {
  const tools: Tool[] = [];
  for (let length = JSON.stringify(FEW_TOOLS).length; length < LARGE_BYTES;) {
    const tool = describedTool(`tool_${tools.length}`);
    tools.push(tool);
    length += JSON.stringify(tool).length;
  }
  return tools;
}

/** A tool with as much of a schema as those of real servers have. */
function describedTool(name: string): Tool {
  const property = (about: string) => ({ type: 'string', description: `${about}, as it stands in the log.` });
  return {
    name,
    description: 'Looks lines up in a log by what they are about, newest first, and says how many there are.',
    inputSchema: {
      type: 'object',
      properties: {
        service: property('Name of the service that wrote the line'),
        level: { type: 'string', enum: ['debug', 'info', 'warn', 'error'], description: 'Least level of the lines.' },
        since: property('Begin of the time, ISO 8601'),
        until: property('End of the time, ISO 8601'),
        pattern: property('Regular expression that a line must match'),
        limit: { type: 'integer', minimum: 1, maximum: 1000, description: 'Most lines of the answer.' },
      },
      required: ['service', 'since'],
      additionalProperties: false,
    },
  };
}
