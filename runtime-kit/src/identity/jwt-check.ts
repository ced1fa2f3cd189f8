import { errors, jwtVerify, type JWTPayload } from 'jose';
import { findKey, type KeySet } from './trusted-keys.js';

/** How far the clock of an issuer may be behind or ahead of ours, in seconds. */
export const CLOCK_TOLERANCE_S = 5;

/** What is wrong with a JWT. */
export type JwtFault = 'malformed' | 'signature' | 'issuer' | 'audience' | 'expired' | 'premature';

/** A JWT that does not count. */
export class JwtError extends Error {
  /** @param subject its `sub`, if it is known that its issuer wrote it */
  public constructor(
    public readonly fault: JwtFault,
    public readonly subject?: string,
  ) {
    super(`JWT: ${fault}`);
    this.name = 'JwtError';
  }
}

/** What a JWT must be. */
export interface JwtDemands {
  readonly issuer: string;
  /** One of its audiences. */
  readonly audience: string;
  /** Signature algorithms that count. */
  readonly algorithms: readonly string[];
  /** `typ` of its header. */
  readonly typ?: string;
}

/**
 * Checks signature, issuer, audience and times of a JWT; `exp` and `sub` must be there.
 *
 * @throws JwtError
 */
export async function checkJwt(
  jwt: string,
  keys: KeySet,
  demands: JwtDemands,
): Promise<JWTPayload & { readonly exp: number; readonly sub: string }> {
  try {
    const { payload } = await jwtVerify(
      jwt,
      ({ kid, alg }) => {
        const key = findKey(keys, kid, alg);
        if (key === undefined) throw new JwtError('signature');
        return key;
      },
      {
        ...demands,
        algorithms: [...demands.algorithms],
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['exp', 'sub'],
      },
    );
    const { exp, sub } = payload;
    if (exp === undefined || typeof sub !== 'string' || sub === '') throw new JwtError('malformed');
    return { ...payload, exp, sub };
  } catch (error) {
    throw error instanceof JwtError ? error : new JwtError(faultOf(error), subjectOf(error));
  }
}

function faultOf(error: unknown): JwtFault {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return 'issuer';
    if (error.claim === 'aud') return 'audience';
    return error.claim === 'nbf' && error.reason === 'check_failed' ? 'premature' : 'malformed';
  }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return 'malformed';
  // A wrong signature, an algorithm that does not count, or a key that does not fit the algorithm.
  return 'signature';
}

/** These two come when the signature has been found to be right. */
function subjectOf(error: unknown): string | undefined {
  if (!(error instanceof errors.JWTExpired) && !(error instanceof errors.JWTClaimValidationFailed)) return undefined;
  return typeof error.payload.sub === 'string' ? error.payload.sub : undefined;
}
