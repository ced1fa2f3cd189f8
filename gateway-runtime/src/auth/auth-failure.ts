import type { CredentialForm } from './caller.js';

/** Why a request was not let in: the words of audit lines and of the metric. They are stable. */
export const AUTH_FAILURES = [
  'missing',
  'in-url',
  'too-large',
  'malformed',
  'key-unknown',
  'key-expired',
  'demo-token-refused',
  'issuer-unknown',
  'issuer-unavailable',
  'algorithm-refused',
  'critical-header',
  'type-refused',
  'kid-unknown',
  'bad-signature',
  'audience',
  'expiry-missing',
  'expired',
  'not-yet-valid',
  'subject-missing',
  'scope-missing',
  'inactive',
  'subject-differs',
] as const;

export type AuthFailureReason = (typeof AUTH_FAILURES)[number];

/** What may be said of a credential that was not let in. */
export interface FailedCredential {
  readonly by?: CredentialForm;
  /** Issuer that the token says it is of, if the gateway knows it. */
  readonly issuer?: string;
  /** Id of the API key, if the key is the right one. */
  readonly keyId?: string;
}

/** Thrown when a request is not let in. The client learns less than this says. */
export class AuthFailure extends Error {
  public constructor(
    public readonly reason: AuthFailureReason,
    public readonly credential: FailedCredential = {},
  ) {
    super(reason);
    this.name = 'AuthFailure';
  }
}

/** Thrown for a token that is good but for its scopes (`insufficient_scope`, RFC 6750, 3.1). */
export class ScopeMissing extends AuthFailure {
  public constructor(
    credential: FailedCredential,
    /** Those that tokens of the issuer must have. */
    public readonly required: readonly string[],
    /** Those of them that this one has not. */
    public readonly missing: readonly string[],
  ) {
    super('scope-missing', credential);
  }
}
