import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { TokenIssuer } from 'agentyard/contract';
import { AuthFailure, type AuthFailureReason } from './auth-failure.js';
import type { Caller } from './caller.js';
import type { IssuerKeys } from './issuer-keys.js';
import { refuseOtherKinds, type JwtHeader } from './token-kind.js';
import { VerifiedTokens } from './verified-tokens.js';

/** Longest name of a user, as in the user claim. */
const MAX_USER_LENGTH = 256;

/** Checks the access tokens of one issuer (RFC 7519, RFC 8725, RFC 9068). */
export class AccessTokens {
  private readonly verified = new VerifiedTokens();

  public constructor(
    private readonly issuer: TokenIssuer,
    private readonly keys: IssuerKeys,
  ) {}

  /**
   * Finds out whom a token stands for.
   *
   * @param header its header, not verified
   * @throws AuthFailure
   */
  public async callerOf(token: string, header: JwtHeader): Promise<Caller> {
    const keys = this.keys.current;
    const known = this.verified.find(token, keys);
    if (known !== undefined) return known;
    try {
      const payload = await this.verify(token, header);
      const caller = this.read(payload);
      if (this.keys.current === keys) this.verified.add(token, keys, caller, (payload.exp ?? 0) * 1_000);
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

  private read(payload: JWTPayload): Caller {
    const user = memberOf(payload, this.issuer.userClaim);
    if (typeof user !== 'string' || user === '' || user.length > MAX_USER_LENGTH) throw this.failure('subject-missing');
    return { user, roles: this.rolesOf(payload), by: 'access-token', issuer: this.issuer.issuer };
  }

  /** Roles that the token brings and that its issuer may give. */
  private rolesOf(payload: JWTPayload): ReadonlySet<string> {
    const lists = this.issuer.roleClaims.map((way) => way.reduce(memberOf, payload as unknown));
    const held = new Set(lists.flatMap((list: unknown) => (isListOfStrings(list) ? list : [])));
    return new Set(this.issuer.roles.filter((role) => held.has(role)));
  }

  private failure(reason: AuthFailureReason): AuthFailure {
    return new AuthFailure(reason, { by: 'access-token', issuer: this.issuer.issuer });
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function isListOfStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
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
