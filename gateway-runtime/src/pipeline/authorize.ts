import { admits, type AllowedRoles } from 'agentyard/contract';
import { HttpProblem } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import type { Backend } from '../routing/route-table.js';
import type { AuditTrail } from './audit.js';

/** Reason of audit lines when no role of the user allows it. */
export const ROLE_MISSING = 'role-missing';

/** Whether a caller may use what these roles may use. */
export function may(caller: Caller, { allowedRoles }: { readonly allowedRoles: AllowedRoles }): boolean {
  return admits(allowedRoles, caller.roles);
}

type Agents = ReadonlyMap<string, { readonly allowedRoles: AllowedRoles }>;

/** The backends that get requests and that a caller may invoke: the others do not count for it. */
export function permitted(caller: Caller, backends: readonly Backend[], agents: Agents): readonly Backend[] {
  return backends.filter(({ agent, weight }) => {
    const binding = agents.get(agent);
    return weight > 0 && binding !== undefined && may(caller, binding);
  });
}

/**
 * The same, for a request.
 *
 * @throws HttpProblem `role-missing` when none is left that gets requests
 */
export function authorize(
  caller: Caller,
  backends: readonly Backend[],
  agents: Agents,
  audit: AuditTrail,
): readonly Backend[] {
  const allowed = permitted(caller, backends, agents);
  if (allowed.length > 0) return allowed;
  audit.deny(ROLE_MISSING);
  throw new HttpProblem('role-missing');
}
