import type { TokenIssuer } from 'agentyard/contract';
import { AuthFailure } from './auth-failure.js';
import type { Caller } from './caller.js';

/** Longest name of a user, as in the user claim. */
const MAX_USER_LENGTH = 256;

/** What is said of a token: the payload of a JWT, or the answer of introspection. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/**
 * Whom a token stands for, by the claims that its issuer's entry names. Of the roles only those count that the issuer
 * may give.
 *
 * @throws AuthFailure `subject-missing`
 */
export function callerOfClaims(claims: TokenClaims, issuer: TokenIssuer): Caller {
  const user = memberOf(claims, issuer.userClaim);
  if (typeof user !== 'string' || user === '' || user.length > MAX_USER_LENGTH) {
    throw new AuthFailure('subject-missing', { by: 'access-token', issuer: issuer.issuer });
  }
  return { user, roles: rolesOf(claims, issuer), by: 'access-token', issuer: issuer.issuer };
}

function rolesOf(claims: TokenClaims, { roleClaims, roles }: TokenIssuer): ReadonlySet<string> {
  const lists = roleClaims.map((way) => way.reduce(memberOf, claims as unknown));
  const held = new Set(lists.flatMap((list: unknown) => (isListOfStrings(list) ? list : [])));
  return new Set(roles.filter((role) => held.has(role)));
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function isListOfStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
