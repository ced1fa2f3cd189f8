import type { InvokeRequest } from 'agentyard/contract';
import { HttpProblem } from '@agentyard/runtime-kit';
import type { RoutedRequest } from '../routing/route-conditions.js';
import type { Destination, RouteTable } from '../routing/route-table.js';

/**
 * Decides where a request goes. An agent that the client names decides alone; only without one, `intent` is matched.
 *
 * @throws HttpProblem `agent-unknown`, `route-unmatched`
 */
export function route(
  table: RouteTable,
  { agent, intent }: Pick<InvokeRequest, 'agent' | 'intent'>,
  request: RoutedRequest,
): Destination {
  if (agent === undefined) return table.byIntent(intent ?? '', request) ?? unmatched();
  if (!table.names(agent)) throw new HttpProblem('agent-unknown', `No route names the agent "${agent}".`);
  return table.byAgent(agent, request) ?? unmatched();
}

function unmatched(): never {
  throw new HttpProblem(
    'route-unmatched',
    'Name an agent, or send an intent that a route matches. A route may also ask for headers, or for a role.',
  );
}
