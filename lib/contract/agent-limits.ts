import { z } from 'zod';
import { milliseconds } from './fields';

/** The fewest tokens that a model is asked to answer with: providers refuse less, and nobody has a use for it. */
export const FEWEST_ANSWER_TOKENS = 16;

const tokens = z.int().min(FEWEST_ANSWER_TOKENS).max(1_000_000_000_000).optional();

/** Limits of one request to an agent. */
export const agentLimits = z
  .strictObject({
    maxTurns: z.int().min(1).max(1000).default(8).describe('Most calls of the model.'),
    maxToolCalls: z.int().min(1).max(1_000_000).optional().describe('Most calls of tools; absent: no limit.'),
    maxInputTokens: tokens.describe('Most tokens that the model is given, over all turns; absent: no limit.'),
    maxOutputTokens: tokens.describe('Most tokens that the model answers with, over all turns; absent: no limit.'),
    maxTotalTokens: tokens.describe('Most tokens, in and out, over all turns; absent: no limit.'),
    maxCost: z
      .number()
      .gt(0)
      .max(1_000_000_000)
      .optional()
      .describe('Most money, by the `price` of the model, which it needs; absent: no limit.'),
    timeoutMs: milliseconds.default(120_000).describe('Longest time.'),
  })
  .describe(
    'Limits of one request. Crossing one ends it with a result that says which. No turn begins that is sure to cross ' +
      'one, and no answer of the model may be longer than what is left.',
  );

export type AgentLimits = z.output<typeof agentLimits>;

/** Limits that are kept by what the provider says that a turn has used. */
export const METERED_LIMITS = ['maxInputTokens', 'maxOutputTokens', 'maxTotalTokens', 'maxCost'] as const;
