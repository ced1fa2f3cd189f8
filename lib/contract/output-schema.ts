import type { z } from 'zod';
import { jsonPath, type Fault, type InnerFault } from './fault';
import { objectSchema } from './fields';
import { compileSchema, type SchemaCheck } from './strict-schema';

/** The form of an agent's answers. */
export const outputSchema = objectSchema
  .optional()
  .describe(
    'JSON Schema (2020-12) of its answers; absent: they are text. It is read strictly: each keyword needs the `type` of ' +
      'its values beside it, and unknown keywords and `format` are refused. Patterns are RE2.',
  );

export type OutputSchema = NonNullable<z.output<typeof outputSchema>>;

/** What is wrong with the schema of an agent's answers, each with its path from the agent, `$.outputSchema.type`. */
export function outputSchemaFaults(schema: unknown): Fault[] {
  const { success, error } = objectSchema.safeParse(schema);
  const inner: readonly InnerFault[] = success
    ? faultsOfSchema(schema as object)
    : error.issues.map(({ path, message }) => ({ keys: path, message }));
  return inner.map(({ keys, message }) => ({ path: jsonPath(['outputSchema', ...keys]), message }));
}

/** Adds what is wrong with the schema of an agent's answers. */
export function checkOutputSchema(
  { outputSchema: schema }: { readonly outputSchema?: OutputSchema },
  context: Pick<z.RefinementCtx, 'addIssue'>,
): void {
  for (const { keys, message } of schema === undefined ? [] : faultsOfSchema(schema)) {
    context.addIssue({ code: 'custom', path: ['outputSchema', ...keys], message });
  }
}

/** The check of a schema that was found right. @throws Error if it is not */
export function outputCheck(schema: OutputSchema): SchemaCheck {
  const compiled = compileSchema(schema);
  if (Array.isArray(compiled)) throw new Error('the schema of the answers does not compile');
  return compiled;
}

function faultsOfSchema(schema: object): readonly InnerFault[] {
  const compiled = compileSchema(schema);
  return Array.isArray(compiled) ? compiled : [];
}
