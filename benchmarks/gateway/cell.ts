/** The two kinds of protocol revisions: without sessions, and with them. */
export const ERAS = ['2026-07-28', '2025-11-25'] as const;
export type Era = (typeof ERAS)[number];

const MCP_METHODS = ['tools/call', 'tools/list'] as const;

/** Path of invocations of agents. */
export const INVOKE = '/v1/invoke';

/** What is done: a method of MCP, in one of its revisions; or an agent is invoked. */
export type McpOperation = { readonly method: (typeof MCP_METHODS)[number]; readonly era: Era };
export type Operation = McpOperation | { readonly method: typeof INVOKE; readonly era?: undefined };

export const OPERATIONS: readonly Operation[] = [
  ...MCP_METHODS.flatMap((method) => ERAS.map((era) => ({ method, era }))),
  { method: INVOKE },
];

/** How large a result is: some hundred bytes, or 64 kB. */
export const SIZES = ['small', '64 kB'] as const;
export type Size = (typeof SIZES)[number];

/** How an answer is sent: as one JSON body; or as a stream, of one event of MCP, or of all events of an agent at once. */
export const FORMS = ['JSON', 'SSE'] as const;
export type Form = (typeof FORMS)[number];

/** Media types of the forms. */
export const MEDIA_TYPES: Readonly<Record<Form, string>> = { JSON: 'application/json', SSE: 'text/event-stream' };

const CONNECTIONS = [1, 32, 256];

/** What is asked, and how the upstream answers it. */
export type Question = Operation & { readonly size: Size; readonly form: Form };

/** A question, and how many connections ask it at the same time. */
export type Cell = Question & { readonly connections: number };

/** All questions, in the order of the tables. */
export const QUESTIONS: readonly Question[] = OPERATIONS.flatMap((operation) =>
  SIZES.flatMap((size) => FORMS.map((form) => ({ ...operation, size, form }))),
);

/** All that is measured, in the order of the tables. */
export const CELLS: readonly Cell[] = QUESTIONS.flatMap((question) =>
  CONNECTIONS.map((connections) => ({ ...question, connections })),
);

/** For example `tools/call 2026-07-28`. */
export function operationOf({ method, era }: Operation): string {
  return era === undefined ? method : `${method} ${era}`;
}

/** For example `tools/call 2026-07-28 small JSON`. */
export function questionOf(question: Question): string {
  return `${operationOf(question)} ${question.size} ${question.form}`;
}

/** For example `tools/call 2026-07-28 small JSON 32`. */
export function nameOf(cell: Cell): string {
  return `${questionOf(cell)} ${cell.connections}`;
}
