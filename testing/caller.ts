import type { Principal } from '../lib/authorization';

/**
 * Who calls tools: users by their roles, all that they have; or a service that calls for itself, such as an agent that acts
 * for nobody.
 */
export type Caller = RoleReference | readonly RoleReference[] | ServiceReference;

/** A role of the program or of elsewhere, or its name; `*` and `Role.anyCaller()` stand for callers without roles. */
export type RoleReference = string | { readonly roleName: string };

/** An agent, a service identity, or a service by `sub` of its ServiceAccount tokens. */
export type ServiceReference = { readonly serviceName: string } | { readonly subject: string };

/** What a service of the program knows beside its published members. */
interface BuiltService {
  readonly _caller?: { readonly subject: string };
}

/** @param gateway the one gateway that is asked, for users */
export function principalOf(caller: Caller, gateway?: string): Principal {
  if (isRole(caller)) return { roles: [nameOf(caller)], gateway };
  if (isList(caller)) return { roles: caller.map(nameOf), gateway };
  if ('subject' in caller) return { subject: caller.subject };
  const { subject } = (caller as BuiltService)._caller ?? {};
  if (subject === undefined) throw new RangeError(`${caller.serviceName} is no service identity`);
  return { subject };
}

function isRole(caller: Caller): caller is RoleReference {
  return typeof caller === 'string' || 'roleName' in caller;
}

function isList(caller: Caller): caller is readonly RoleReference[] {
  return Array.isArray(caller);
}

function nameOf(role: RoleReference): string {
  return typeof role === 'string' ? role : role.roleName;
}
