import type { LanguageModelUsage } from 'ai';
import type { InvokeResponse } from 'agentyard/contract';

export type TokenUsage = InvokeResponse['usage'];

export const NO_TOKENS: TokenUsage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** The tokens of one call of the model. @returns absent if the provider does not say, or says what cannot be */
export function reportedTokens({ inputTokens, outputTokens, totalTokens }: LanguageModelUsage): TokenUsage | undefined {
  // A call without any input is none: some providers' adapters say zero for what was not said.
  if (!isCount(inputTokens) || !isCount(outputTokens) || inputTokens === 0) return undefined;
  const sum = inputTokens + outputTokens;
  return { inputTokens, outputTokens, totalTokens: isCount(totalTokens) ? Math.max(totalTokens, sum) : sum };
}

function isCount(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function sumOf(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
  };
}
