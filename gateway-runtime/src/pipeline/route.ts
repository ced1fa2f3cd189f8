import type { InvokeRequest } from 'agentyard/contract';
import { HttpProblem } from '@agentyard/runtime-kit';
import type { Destination, RouteTable } from '../routing/route-table.js';

/**
 * Decides where a request goes. An agent that the client names decides alone; only without one, `intent` is matched.
 *
 * @throws HttpProblem `agent-unknown`, `route-unmatched`
 */
export function route(table: RouteTable, request: Pick<InvokeRequest, 'agent' | 'intent'>): Destination {
  if (request.agent !== undefined) {
    const destination = table.byAgent(request.agent);
    if (destination === undefined)
      throw new HttpProblem('agent-unknown', `No route names the agent "${request.agent}".`);
    return destination;
  }
  const destination = table.byIntent(request.intent ?? '');
  if (destination === undefined)
    throw new HttpProblem('route-unmatched', 'Name an agent, or send an intent that a route matches.');
  return destination;
}
