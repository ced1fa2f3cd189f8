import type { TokenIssuer } from 'agentyard/contract';
import { AuthFailure, type AuthFailureReason } from './auth-failure.js';
import type { Caller } from './caller.js';
import { callerOfClaims, type TokenClaims } from './token-claims.js';
import { refuseOtherKinds } from './token-kind.js';

/** The only kind of tokens that counts without a further proof (RFC 6750, 6.1.1). */
const TOKEN_TYPE = 'bearer';

/** Whom a token stands for, and until when. */
export interface ActiveToken {
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Reads what an issuer answers about a token (RFC 7662, 2.2). What is left out lets nobody in: audience, end and user
 * have to be there.
 *
 * @param now milliseconds since the epoch
 * @throws AuthFailure
 */
export function readAnswer(answer: TokenClaims, issuer: TokenIssuer, now: number): ActiveToken {
  const refuse = (reason: AuthFailureReason): never => {
    throw new AuthFailure(reason, { by: 'access-token', issuer: issuer.issuer });
  };
  if (answer.active !== true) refuse('inactive');
  if (answer.iss !== undefined && answer.iss !== issuer.issuer) refuse('issuer-unknown');
  if (!isBearer(answer.token_type)) refuse('type-refused');
  refuseOtherKinds({}, { ...answer, iss: issuer.issuer });
  if (!isFor(answer.aud, issuer.audiences)) refuse('audience');
  const [seconds, tolerance] = [now / 1_000, issuer.clockToleranceMs / 1_000];
  const { exp, nbf, iat } = answer;
  if (exp === undefined) refuse('expiry-missing');
  if (typeof exp !== 'number') return refuse('malformed');
  if (exp <= seconds - tolerance) refuse('expired');
  for (const begin of [nbf, iat]) {
    if (begin === undefined) continue;
    if (typeof begin !== 'number') return refuse('malformed');
    if (begin > seconds + tolerance) refuse('not-yet-valid');
  }
  return { caller: callerOfClaims(answer, issuer), expiresAt: exp * 1_000 };
}

function isBearer(type: unknown): boolean {
  return type === undefined || (typeof type === 'string' && type.toLowerCase() === TOKEN_TYPE);
}

/** `aud` is a text, or a list of them (RFC 7519, 4.1.3). */
function isFor(aud: unknown, audiences: readonly string[]): boolean {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.some((one) => typeof one === 'string' && audiences.includes(one));
}
