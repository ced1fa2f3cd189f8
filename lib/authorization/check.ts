import { admits, ANY_CALLER, type AllowedRoles, type Auth } from '../contract';
import { credentialFor } from './credential';
import { listed, rolesText } from './principal';

/** Something that has to hold on the way to a tool: whoever calls, or for users with some roles alone. */
export type Check = Fact | RoleCheck | CredentialCheck;

/** What does not depend on who calls. */
interface Fact {
  readonly kind: 'fact';
  readonly holds: () => boolean;
  readonly because: () => readonly string[];
  readonly missing: () => string;
}

/** That the user has one of some roles. */
interface RoleCheck {
  readonly kind: 'roles';
  readonly allowed: AllowedRoles;
  /** @param who `every caller`, `role mcp-admin` */
  readonly because: (who: string) => string;
  /** @param demand `asks for mcp-admin`, `is for nobody` */
  readonly missing: (demand: string) => string;
}

/** That a gateway lets somebody with exactly the user's roles in. */
interface CredentialCheck {
  readonly kind: 'credential';
  /** How answers call the gateway. */
  readonly gateway: string;
  /** Absent: it is not among the manifests. */
  readonly auth: Auth | undefined;
}

/** @param because why it holds; absent: nothing that a reader has to be told */
export function fact(holds: boolean, missing: string, because?: string): Check {
  return {
    kind: 'fact',
    holds: () => holds,
    because: () => (because === undefined ? [] : [because]),
    missing: () => missing,
  };
}

/** Whether it holds for a user with these roles. */
export function holds(check: Check, roles: readonly string[]): boolean {
  switch (check.kind) {
    case 'fact':
      return check.holds();
    case 'roles':
      return admits(check.allowed, roles);
    case 'credential':
      return credentialFor(check.auth, roles) !== undefined;
  }
}

/** Why it holds. */
export function because(check: Check, roles: readonly string[]): readonly string[] {
  switch (check.kind) {
    case 'fact':
      return check.because();
    case 'roles':
      return [check.because(admittedText(check.allowed, roles))];
    case 'credential':
      return [`${check.gateway} ${credentialFor(check.auth, roles) ?? ''}`];
  }
}

/** What is missing, in words, if it does not hold. */
export function missing(check: Check, roles: readonly string[]): string {
  switch (check.kind) {
    case 'fact':
      return check.missing();
    case 'roles':
      return check.missing(demandText(check.allowed));
    case 'credential':
      return `${check.gateway} takes no credential that brings exactly ${roles.length === 0 ? 'no roles' : rolesText(roles)}`;
  }
}

function admittedText(allowed: AllowedRoles, roles: readonly string[]): string {
  if (allowed === ANY_CALLER) return 'every caller';
  return rolesText(roles.filter((role) => allowed.includes(role)));
}

function demandText(allowed: AllowedRoles): string {
  return allowed.length === 0 ? 'is for nobody' : `asks for ${listed([...allowed], 'or')}`;
}
