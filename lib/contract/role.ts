import { z } from 'zod';

/** The name of a role. `*` is none: it stands for every caller. */
export const roleName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, 'must be 1 to 128 of a-z, A-Z, 0-9 and "._:/-", no sign first');

/** Most roles of one user: a user claim with all of them stays a header that servers take. */
const MOST_ROLES = 100;

/** Roles that somebody has. */
export const heldRoles = z.array(roleName).max(MOST_ROLES);

/** Stands for every caller that was let in, whatever its roles. */
export const ANY_CALLER = '*';

/** Who may: callers with one of these roles, every caller (`*`), or nobody (an empty list). */
export const allowedRoles = z.union([z.literal(ANY_CALLER), z.array(roleName)], {
  error: 'must be a list of roles, or "*" for every caller',
});

export type AllowedRoles = z.output<typeof allowedRoles>;

/** Whether a caller with these roles may. The one place where this is decided. */
export function admits(allowed: AllowedRoles, roles: Iterable<string>): boolean {
  if (allowed === ANY_CALLER) return true;
  const held: ReadonlySet<string> = roles instanceof Set ? roles : new Set(roles);
  return allowed.some((role) => held.has(role));
}
