import { z } from 'zod';
import { objectSchema } from './fields';
import { allowedRoles, ANY_CALLER, roleName, type AllowedRoles } from './role';

/** Longest expression, in characters. */
const LONGEST_EXPRESSION = 2_000;

/** Which arguments the callers with one role may give to a tool, or to an agent. */
const argumentRule = z
  .strictObject({
    role: z
      .union([z.literal(ANY_CALLER), roleName])
      .describe('For whom: callers with this role, or all (`*`), also services that act for themselves.'),
    schema: objectSchema
      .optional()
      .describe('JSON Schema (2020-12) that the arguments have to meet, `pattern` in RE2, without `format`.'),
    expression: z
      .string()
      .min(1)
      .max(LONGEST_EXPRESSION)
      .optional()
      .describe('Expression in CEL that has to be true, over `args`, `user.sub`, `user.roles` and `tool`.'),
  })
  .refine(({ schema, expression }) => schema !== undefined || expression !== undefined, {
    error: 'must have a schema, an expression, or both',
  });

/** Who may use a tool, and with which arguments. */
export const toolPermission = {
  allowedRoles,
  argumentRules: z
    .array(argumentRule)
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Which arguments callers may give, by role: a role without a rule may give all, and of several roles any is ' +
        'enough. Absent: all arguments.',
    ),
};

export type ArgumentRule = z.output<typeof argumentRule>;

/** A tool or agent, as far as its permission is concerned. */
export interface ToolPermission {
  readonly allowedRoles: AllowedRoles;
  readonly argumentRules?: ArgumentRule[];
}
