/** What the tool of the bench adds. */
export interface Sum {
  readonly a: number;
  readonly b: number;
}

const number = { type: 'number' } as const;

/** The tool of the bench: what it does takes no time, so that all that is measured is the way to it. */
export const TOOL = {
  name: 'add',
  file: 'add.mjs',
  code: 'export async function add({ a, b }) { return { sum: a + b }; }\n',
  inputSchema: {
    type: 'object' as const,
    properties: { a: number, b: number },
    required: ['a', 'b'],
    additionalProperties: false,
  },
  outputSchema: { type: 'object' as const, properties: { sum: number }, required: ['sum'] },
};
