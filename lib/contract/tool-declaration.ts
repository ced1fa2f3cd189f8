import { z } from 'zod';
import { objectSchema, toolName } from './fields';

/** What is said of a tool before its code runs: the members of an MCP tool. */
export const toolDeclaration = {
  name: toolName,
  title: z.string().min(1).optional().describe('Name for people.'),
  description: z.string().min(1).describe('What the tool does, for the model that chooses it.'),
  inputSchema: objectSchema.describe('JSON Schema (2020-12) of the arguments; checked before the code runs.'),
  outputSchema: objectSchema.optional().describe('JSON Schema (2020-12) of the structured result.'),
  annotations: z
    .strictObject({
      readOnlyHint: z.boolean().optional(),
      destructiveHint: z.boolean().optional(),
      idempotentHint: z.boolean().optional(),
      openWorldHint: z.boolean().optional(),
    })
    .optional()
    .describe('MCP tool annotations.'),
};
