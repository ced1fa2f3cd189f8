import { HttpProblem, type RequestContext } from '@agentyard/runtime-kit';
import { unmetPlaces, unmetText, type AgentInvokeRequest, type UserClaim } from 'agentyard/contract';
import type { Agent } from './agent-loop.js';

/**
 * Holds a task to the argument rules of the agent, also one that no gateway has seen as it is now: of a service, or of a
 * conversation that the agent keeps.
 *
 * @param user for whom it is; absent: for the service that calls
 * @throws HttpProblem `arguments-refused`, which the line of the request says, too
 */
export function refuseArguments(
  { document, rules }: Pick<Agent, 'document' | 'rules'>,
  { input, history }: AgentInvokeRequest,
  user: UserClaim | undefined,
  context: Pick<RequestContext, 'annotate'>,
): void {
  const unmet = rules?.unmetBy({ input, history }, { user, tool: document.name }) ?? [];
  if (unmet.length === 0) return;
  context.annotate({ type: 'audit', decision: 'denied', reason: 'arguments-refused', rule: unmetPlaces(unmet) });
  throw new HttpProblem('arguments-refused', unmetText(unmet));
}
