import type { HttpProblem } from '@agentyard/runtime-kit';
import type { TokenUse } from './overload/quotas.js';
import type { AuditFields } from './pipeline/audit.js';

/** How one of the ways to call an agent says what the gateway has to know of an answer, or to add to it. */
export interface AnswerForm {
  /** What a JSON answer says that was used; absent: nothing is known of it. */
  usageIn(value: unknown): TokenUse | undefined;
  /** What an event says that was used in all; absent if it is about something else. */
  usageInEvent(data: string): TokenUse | undefined;
  /** Code of the problem that a JSON answer tells of; absent if it tells of none. */
  problemIn(value: unknown): string | undefined;
  /** What the request's line says of a JSON answer. @default - nothing */
  fieldsOf?(value: unknown): AuditFields;
  /** The last event of a stream that the gateway ends, in full. */
  failedEvent(problem: HttpProblem, requestId: string): string;
}

/** The usage of a value that has it as answers of the contract do. */
export function usageOf(value: unknown): TokenUse | undefined {
  const { inputTokens, outputTokens } = (value as { readonly usage?: Partial<TokenUse> } | null)?.usage ?? {};
  return isCount(inputTokens) && isCount(outputTokens) ? { inputTokens, outputTokens } : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
