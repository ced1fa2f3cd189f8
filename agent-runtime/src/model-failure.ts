import { HttpProblem, type Logger } from '@agentyard/runtime-kit';
import { APICallError, NoOutputGeneratedError, RetryError } from 'ai';

/** Status codes whose cause lies in the agent's configuration. */
const REMEDIES: Readonly<Record<number, string>> = {
  400: 'Check the model and its settings.',
  401: 'Check the API key.',
  403: 'Check the API key and what it may use.',
  404: 'Check the model id and the base URL.',
  429: 'Its rate limit is reached.',
};

/**
 * The problem that stands for a failure of the model's provider. Clients and logs get its status alone: bodies and
 * messages of providers may repeat prompts and keys.
 */
export function modelProblem(thrown: unknown, provider: string, log: Logger): HttpProblem {
  const error = RetryError.isInstance(thrown) ? thrown.lastError : thrown;
  const status = APICallError.isInstance(error) ? error.statusCode : undefined;
  const fields = { event: 'model-failed', provider, status, error: error instanceof Error ? error.name : typeof error };
  log.error(fields, 'model provider failed');
  return new HttpProblem('model-failed', detailOf(error, status));
}

function detailOf(error: unknown, status: number | undefined): string {
  if (status !== undefined && status >= 300) {
    const remedy = status < 400 ? 'Redirects are not followed; check the base URL.' : REMEDIES[status];
    return [`The provider answered with status ${status}.`, remedy].filter(Boolean).join(' ');
  }
  if (status !== undefined) return 'The provider gave an answer that could not be read.';
  if (APICallError.isInstance(error)) return 'The provider could not be reached.';
  if (NoOutputGeneratedError.isInstance(error)) return 'The provider gave no answer.';
  return 'The call of the provider failed or its answer broke off.';
}
