import { z } from 'zod';

/** Prices of a model. */
export const modelPrice = z
  .strictObject({
    inputPerMillion: z.number().min(0).max(1_000_000).describe('Price of a million tokens in.'),
    outputPerMillion: z.number().min(0).max(1_000_000).describe('Price of a million tokens out.'),
  })
  .describe('What its tokens cost, in the currency that all prices and limits of money share.');

export type ModelPrice = z.output<typeof modelPrice>;

/** Money is counted in millionths of a unit of the currency. */
export const MICROS = 1_000_000;

/**
 * What tokens cost, in millionths of a unit of the currency, rounded up. Tokens that a provider has in its cache cost as
 * much as others here.
 */
export function microCostOf(
  { inputTokens, outputTokens }: { readonly inputTokens: number; readonly outputTokens: number },
  { inputPerMillion, outputPerMillion }: ModelPrice,
): number {
  // Per million tokens, in millionths: the two cancel out.
  return Math.ceil(inputTokens * inputPerMillion + outputTokens * outputPerMillion);
}
