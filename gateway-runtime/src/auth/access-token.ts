import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { TokenIssuer } from 'agentyard/contract';
import { AuthFailure, type AuthFailureReason } from './auth-failure.js';
import type { Caller } from './caller.js';
import type { Introspection } from './introspection.js';
import type { IssuerKeys } from './issuer-keys.js';
import { callerOfClaims } from './token-claims.js';
import { refuseOtherKinds, type JwtHeader } from './token-kind.js';
import { tokenId, VerifiedTokens } from './verified-tokens.js';

/** Checks the access tokens of one issuer that are JWTs (RFC 7519, RFC 8725, RFC 9068). */
export class AccessTokens {
  private readonly verified = new VerifiedTokens();

  public constructor(
    private readonly issuer: TokenIssuer,
    private readonly keys: IssuerKeys,
    /** Asked about each token that is good by itself; absent: the issuer is not asked about its JWTs. */
    private readonly introspection: Introspection | undefined,
  ) {}

  /**
   * Whom a token stands for that was checked a moment ago; absent: it has to be checked.
   *
   * @param id of {@link tokenId}
   * @throws AuthFailure
   */
  public known(token: string, id: string): Caller | Promise<Caller> | undefined {
    const caller = this.verified.find(id, this.keys.current);
    return caller === undefined ? undefined : this.confirmed(token, caller);
  }

  /**
   * Finds out whom a token stands for.
   *
   * @param header its header, not verified
   * @throws AuthFailure
   */
  public async callerOf(token: string, header: JwtHeader): Promise<Caller> {
    return this.confirmed(token, await this.verifiedCallerOf(token, header));
  }

  private confirmed(token: string, caller: Caller): Caller | Promise<Caller> {
    return this.introspection === undefined ? caller : this.introspection.confirm(token, caller);
  }

  private async verifiedCallerOf(token: string, header: JwtHeader): Promise<Caller> {
    const keys = this.keys.current;
    try {
      const payload = await this.verify(token, header);
      const caller = callerOfClaims(payload, this.issuer);
      if (this.keys.current === keys) this.verified.add(tokenId(token), keys, caller, (payload.exp ?? 0) * 1_000);
      return caller;
    } catch (error) {
      if (error instanceof AuthFailure) throw error;
      throw this.failure(reasonOf(error));
    }
  }

  private async verify(token: string, header: JwtHeader): Promise<JWTPayload> {
    const { issuer, audiences, algorithms, clockToleranceMs } = this.issuer;
    if (header.crit !== undefined) throw this.failure('critical-header');
    const algorithm = algorithms.find((allowed) => allowed === header.alg);
    if (algorithm === undefined) throw this.failure('algorithm-refused');
    if (header.kid !== undefined && typeof header.kid !== 'string') throw this.failure('malformed');
    const key = await this.keys.find(algorithm, header.kid);
    const tolerance = clockToleranceMs / 1_000;
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      issuer,
      audience: audiences,
      clockTolerance: tolerance,
      requiredClaims: ['exp'],
    });
    refuseOtherKinds(header, payload);
    if (payload.iat !== undefined && payload.iat > Date.now() / 1_000 + tolerance) throw this.failure('not-yet-valid');
    return payload;
  }

  private failure(reason: AuthFailureReason): AuthFailure {
    return new AuthFailure(reason, { by: 'access-token', issuer: this.issuer.issuer });
  }
}

/** The stable word for what jose found. */
function reasonOf(error: unknown): AuthFailureReason {
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad-signature';
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'audience';
    if (error.claim === 'exp' && error.reason === 'missing') return 'expiry-missing';
    if (error.claim === 'nbf' && error.reason === 'check_failed') return 'not-yet-valid';
  }
  if (error instanceof errors.JOSEError) return 'malformed';
  throw error;
}
