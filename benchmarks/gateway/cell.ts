/** The two kinds of protocol revisions: without sessions, and with them. */
export const ERAS = ['2026-07-28', '2025-11-25'] as const;
export type Era = (typeof ERAS)[number];

export const METHODS = ['tools/call', 'tools/list'] as const;
export type Method = (typeof METHODS)[number];

/** How large a result is: some hundred bytes, or 64 kB. */
export const SIZES = ['small', '64 kB'] as const;
export type Size = (typeof SIZES)[number];

/** How an answer is sent: as one JSON body, or as a stream of one event. */
export const FORMS = ['JSON', 'SSE'] as const;
export type Form = (typeof FORMS)[number];

const CONNECTIONS = [1, 32, 256];

/** What is asked, and how the upstream answers it. */
export interface Question {
  readonly method: Method;
  readonly era: Era;
  readonly size: Size;
  readonly form: Form;
}

/** A question, and how many connections ask it at the same time. */
export interface Cell extends Question {
  readonly connections: number;
}

/** All that is measured, in the order of the tables. */
export const CELLS: readonly Cell[] = METHODS.flatMap((method) =>
  ERAS.flatMap((era) =>
    SIZES.flatMap((size) =>
      FORMS.flatMap((form) => CONNECTIONS.map((connections) => ({ method, era, size, form, connections }))),
    ),
  ),
);

/** All questions, once each. */
export const QUESTIONS: readonly Question[] = CELLS.filter(({ connections }) => connections === CONNECTIONS[0]);

/** For example `tools/call 2026-07-28 small JSON 32`. */
export function nameOf({ method, era, size, form, connections }: Cell): string {
  return `${method} ${era} ${size} ${form} ${connections}`;
}
