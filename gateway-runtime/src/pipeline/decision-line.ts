import { auditUnavailable, logFlushed, logTaken, type Departing } from '@agentyard/runtime-kit';

/**
 * Waits until the kernel has all lines so far, the one of the decision among them: nothing goes on before, so that it is
 * read even if this process is killed. A reader that is slow is waited for.
 *
 * @param until ends the wait
 * @throws its reason; HttpProblem `audit-unavailable` when there is no reader any more
 */
export async function decisionLineOut(until: Departing): Promise<void> {
  const flushed = logFlushed();
  if (flushed === undefined || (await flushed)) return;
  let leave = (): void => undefined;
  const ended = new Promise<true>((resolve) => (leave = () => resolve(true)));
  until.addEventListener('abort', leave);
  const isTold = until.aborted || (await Promise.race([logTaken(), ended]));
  until.removeEventListener('abort', leave);
  if (until.aborted) throw until.reason as Error;
  if (!isTold) throw auditUnavailable();
}
