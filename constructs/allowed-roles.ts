import { ANY_CALLER, type AllowedRoles } from '../lib/contract';
import type { Role } from './role';

/** Who may, as documents say it. */
export function allowedRolesOf(roles: readonly Role[]): AllowedRoles {
  if (roles.some(({ roleName }) => roleName === ANY_CALLER)) return ANY_CALLER;
  return [...new Set(roles.map(({ roleName }) => roleName))].sort();
}
