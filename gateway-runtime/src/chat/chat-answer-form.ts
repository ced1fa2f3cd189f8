import { openAiErrorOf } from 'agentyard/contract';
import { usageOf, type AnswerForm } from '../answer-form.js';
import type { TokenUse } from '../overload/quotas.js';

/** Answers of an agent's `POST /v1/chat/completions`: `chatCompletion` and errors as JSON, `chatCompletionChunk` as events. */
export const CHAT_ANSWER: AnswerForm = {
  usageIn: tokensIn,

  /** Agents tell it at the end of each stream, whether the client asks for it or not. */
  usageInEvent(data) {
    if (!data.includes('"usage":{')) return undefined;
    try {
      return tokensIn(JSON.parse(data));
    } catch {
      return undefined;
    }
  },

  problemIn(value) {
    const { code } = (value as { readonly error?: { readonly code?: unknown } } | null)?.error ?? {};
    return typeof code === 'string' ? code : undefined;
  },

  /** Without `[DONE]` after it: the answer is not complete. */
  failedEvent(problem, requestId) {
    return `data: ${JSON.stringify(openAiErrorOf(problem.toProblem(requestId)))}\n\n`;
  },
};

/** In the words of the contract's other answers. */
function tokensIn(value: unknown): TokenUse | undefined {
  const { usage } = (value ?? {}) as { readonly usage?: Readonly<Record<string, unknown>> | null };
  return usageOf({ usage: { inputTokens: usage?.prompt_tokens, outputTokens: usage?.completion_tokens } });
}
