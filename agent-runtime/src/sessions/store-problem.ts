import { HttpProblem, StoreDownError, type Logger } from '@agentyard/runtime-kit';

/** When a client may try again. */
export const RETRY_AFTER = { 'retry-after': '1' };

/** Runs what asks the store of an agent. @throws HttpProblem `sessions-unavailable` when it cannot be asked */
export async function withStore<T>(log: Logger, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (!(error instanceof StoreDownError)) throw error;
    log.error({ event: 'sessions-unavailable', reason: error.message }, 'the store of the sessions cannot be asked');
    throw new HttpProblem('sessions-unavailable', undefined, undefined, RETRY_AFTER);
  }
}
