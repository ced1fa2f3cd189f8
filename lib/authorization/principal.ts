import { ANY_CALLER } from '../contract';
import { serviceTitle } from './service-subject';

/** Who calls for a tool. */
export type Principal = UserPrincipal | ServicePrincipal;

/** A user of gateways. */
export interface UserPrincipal {
  /** Exactly the roles that the user has. `*` among them is no role: it stands for every caller, whatever its roles. */
  readonly roles: readonly string[];
  /**
   * The one gateway that is asked, `namespace/name`.
   * @default - any of them
   */
  readonly gateway?: string;
}

/** A service that calls for itself, without a user; also an agent that acts for itself. */
export interface ServicePrincipal {
  /** `sub` of its ServiceAccount tokens: `system:serviceaccount:<namespace>:<ServiceAccount>`. */
  readonly subject: string;
}

/** The roles of a user, each once. */
export function rolesOf({ roles }: UserPrincipal): string[] {
  return [...new Set(roles)].filter((role) => role !== ANY_CALLER).sort();
}

/** How answers call somebody. */
export function principalText(principal: Principal): string {
  if ('subject' in principal) return serviceTitle(principal.subject);
  const { gateway } = principal;
  return `${rolesText(rolesOf(principal))}${gateway === undefined ? '' : ` at gateway ${gateway}`}`;
}

/** How answers call a user with these roles. */
export function rolesText(roles: readonly string[]): string {
  if (roles.length === 0) return 'a caller without roles';
  return roles.length === 1 ? `role ${roles[0]}` : `roles ${listed(roles, 'and')}`;
}

/** `a`, `a or b`, `a, b or c`. */
export function listed(names: readonly string[], word: 'and' | 'or'): string {
  const [last = ''] = names.slice(-1);
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} ${word} ${last}`;
}
