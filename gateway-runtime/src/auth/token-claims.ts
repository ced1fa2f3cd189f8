import type { TokenIssuer } from 'agentyard/contract';
import { AuthFailure, ScopeMissing } from './auth-failure.js';
import type { Caller } from './caller.js';

/** Longest name of a user, as in the user claim. */
const MAX_USER_LENGTH = 256;

/** What is said of a token: the payload of a JWT, or the answer of introspection. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/**
 * Whom a token stands for, by the claims that its issuer's entry names. Of the roles only those count that the issuer
 * may give.
 *
 * @throws AuthFailure `subject-missing`, `scope-missing`
 */
export function callerOfClaims(claims: TokenClaims, issuer: TokenIssuer): Caller {
  const user = memberOf(claims, issuer.userClaim);
  if (typeof user !== 'string' || user === '' || user.length > MAX_USER_LENGTH) {
    throw new AuthFailure('subject-missing', { by: 'access-token', issuer: issuer.issuer });
  }
  refuseMissingScopes(claims, issuer);
  return { user, roles: rolesOf(claims, issuer), by: 'access-token', issuer: issuer.issuer };
}

function refuseMissingScopes(claims: TokenClaims, { issuer, requiredScopes, impliedScopes = {} }: TokenIssuer): void {
  if (requiredScopes === undefined) return;
  const granted = withImplied(scopesOf(claims), impliedScopes);
  const missing = requiredScopes.filter((scope) => !granted.has(scope));
  if (missing.length > 0) throw new ScopeMissing({ by: 'access-token', issuer }, requiredScopes, missing);
}

/** A set grows while it is gone through: what is implied implies more (MCP 2026-07-28, "Step-Up Authorization Flow"). */
function withImplied(
  scopes: readonly string[],
  implied: NonNullable<TokenIssuer['impliedScopes']>,
): ReadonlySet<string> {
  const all = new Set(scopes);
  for (const scope of all) {
    if (Object.hasOwn(implied, scope)) for (const narrower of implied[scope] ?? []) all.add(narrower);
  }
  return all;
}

/** One text (RFC 9068, 2.2.3; RFC 7662, 2.2), or as some issuers have it: `scp`, a text or a list. */
function scopesOf(claims: TokenClaims): readonly string[] {
  const scopes = memberOf(claims, 'scope') ?? memberOf(claims, 'scp');
  if (typeof scopes === 'string') return scopes.split(' ');
  return isListOfStrings(scopes) ? scopes : [];
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
