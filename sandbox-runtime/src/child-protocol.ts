/** The module that a child process loads; the first line of its standard input, as JSON. */
export interface ChildModule {
  /** Absolute path of the tool's module, and the SHA-256 that its content must have. */
  readonly module: string;
  readonly sha256: string;
}

/** What it is asked to do then; the second line. */
export type ChildRequest =
  | { readonly task: 'list' }
  | {
      readonly task: 'call';
      readonly tool: string;
      readonly input: unknown;
      readonly context: ToolContext;
    };

/** Second argument of a tool's function. */
export interface ToolContext {
  /** Absolute path of each data root, by its name. Read-only. */
  readonly data: Readonly<Record<string, string>>;
  /** Absolute path of an empty folder that the tool may write to; it is removed after the call. */
  readonly scratch: string;
}

/** What the child process says when it has loaded the module, as a line on file descriptor 3. */
export type ReadyLine = '{"status":"ready"}';

/** What the child process answers; one line of JSON on file descriptor 3. */
export type ChildAnswer =
  | { readonly status: 'listed'; readonly functions: readonly string[] }
  | { readonly status: 'returned'; readonly type: string; readonly value?: unknown }
  | { readonly status: 'threw'; readonly message: string }
  | { readonly status: 'changed' };

/** File descriptor of the answer, so that what a tool prints never mixes with its result. */
export type AnswerDescriptor = 3;

/** Whether a value is an answer: a tool may write to the descriptor too, so that anything can come. */
export function isChildAnswer(value: unknown): value is ChildAnswer {
  if (typeof value !== 'object' || value === null || !('status' in value)) return false;
  if (value.status === 'changed') return true;
  if (value.status === 'threw') return 'message' in value && typeof value.message === 'string';
  if (value.status === 'returned') return 'type' in value && typeof value.type === 'string';
  if (value.status !== 'listed' || !('functions' in value) || !Array.isArray(value.functions)) return false;
  return value.functions.every((name) => typeof name === 'string');
}
