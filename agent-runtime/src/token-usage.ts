import type { LanguageModelUsage } from 'ai';
import type { InvokeResponse } from 'agentyard/contract';

export type TokenUsage = InvokeResponse['usage'];

export const NO_TOKENS: TokenUsage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** The tokens of one call of the model; what a provider does not report counts as zero. */
export function tokensOf({ inputTokens = 0, outputTokens = 0, totalTokens }: LanguageModelUsage): TokenUsage {
  return { inputTokens, outputTokens, totalTokens: Math.max(totalTokens ?? 0, inputTokens + outputTokens) };
}

export function sumOf(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
  };
}
