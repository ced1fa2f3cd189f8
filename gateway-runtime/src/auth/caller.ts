import type { CallerToken } from './caller-token.js';

/** What a caller was let in by; `none` when the gateway asks for nothing. */
export type CredentialForm = 'access-token' | 'api-key' | 'demo-token';

/** Who calls, as far as its credential says. */
export interface Caller {
  readonly user: string;
  readonly roles: ReadonlySet<string>;
  readonly by: CredentialForm | 'none';
  /** Issuer of the access token. */
  readonly issuer?: string;
  /** Id of the API key. */
  readonly keyId?: string;
  /** The access token, where tokens of its issuer are exchanged; absent: nobody behind this gateway needs it. */
  readonly token?: CallerToken;
}

/** Everybody, when the gateway asks for no credentials. */
export const ANONYMOUS: Caller = { user: 'anonymous', roles: new Set(), by: 'none' };
