import type { IncomingMessage } from 'node:http';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Auth, TokenIssuer } from 'agentyard/contract';
import type { AccessTokens } from './access-token.js';
import type { ApiKeyDirectory } from './api-key-directory.js';
import { callerOfKey } from './api-key.js';
import { AuthFailure } from './auth-failure.js';
import { CallerToken } from './caller-token.js';
import { ANONYMOUS, type Caller } from './caller.js';
import type { ClientSecret } from './client-secret.js';
import { presentedCredential } from './credential.js';
import type { Introspection } from './introspection.js';
import type { JwtHeader } from './token-kind.js';
import { tokenId } from './verified-tokens.js';

/** Name of everybody who comes with the public demo token. */
const DEMO_USER = 'demo';

/** What credentials are checked by. */
export interface CredentialChecks {
  /** Absent: API keys do not count. */
  readonly apiKeys: ApiKeyDirectory | undefined;
  /** By the name of the issuer. */
  readonly accessTokens: ReadonlyMap<TokenIssuer['issuer'], AccessTokens>;
  /** Of the one issuer that takes opaque tokens; absent: they do not count. */
  readonly opaqueTokens: Introspection | undefined;
  /** What issuers are asked with about tokens. */
  readonly clientSecrets: readonly ClientSecret[];
  /** Issuers whose tokens are exchanged for those of upstreams; callers carry no others. */
  readonly exchangedIssuers: ReadonlySet<TokenIssuer['issuer']>;
}

/** Finds out who calls, as one document says. */
export class Authenticator {
  public constructor(
    private readonly auth: Auth,
    private readonly checks: CredentialChecks,
  ) {}

  /** What is not mounted of what credentials are checked by, if so. Issuers do not matter: they are waited for. */
  public unready(): string | undefined {
    const { apiKeys, clientSecrets } = this.checks;
    return apiKeys?.unready() ?? clientSecrets.map((secret) => secret.unready()).find((fault) => fault !== undefined);
  }

  /**
   * Finds out who calls, at once if that is known. Only what the form of the credential calls for is asked, so that a
   * slow issuer delays its own tokens alone.
   *
   * @throws AuthFailure
   */
  public callerOf(request: Pick<IncomingMessage, 'headers'>): Caller | Promise<Caller> {
    if (this.auth.mode === 'none') return ANONYMOUS;
    const { form, text } = presentedCredential(request);
    switch (form) {
      case 'api-key':
        return callerOfKey(text, this.checks.apiKeys, Date.now());
      case 'access-token':
        return this.callerOfToken(text);
      case 'opaque-token':
        if (this.checks.opaqueTokens === undefined) throw new AuthFailure('malformed');
        return this.carrying(text, this.checks.opaqueTokens.callerOf(text));
      case 'demo-token':
        if (this.auth.demoToken === undefined) throw new AuthFailure('demo-token-refused', { by: form });
        return { user: DEMO_USER, roles: new Set(this.auth.demoToken.roles), by: form };
    }
  }

  private callerOfToken(token: string): Caller | Promise<Caller> {
    const id = tokenId(token);
    for (const tokens of this.checks.accessTokens.values()) {
      const known = tokens.known(token, id);
      if (known !== undefined) return this.carrying(token, known);
    }
    const { header, issuer } = unverified(token);
    const tokens = this.checks.accessTokens.get(issuer);
    if (tokens === undefined) throw new AuthFailure('issuer-unknown', { by: 'access-token' });
    return this.carrying(token, tokens.callerOf(token, header));
  }

  /** What is known of callers is kept for a while, so the token is not a part of it. */
  private carrying(token: string, caller: Caller | Promise<Caller>): Caller | Promise<Caller> {
    const { exchangedIssuers } = this.checks;
    if (exchangedIssuers.size === 0) return caller;
    if (caller instanceof Promise) return caller.then((known) => this.carrying(token, known));
    if (caller.issuer === undefined || !exchangedIssuers.has(caller.issuer)) return caller;
    return { ...caller, token: new CallerToken(token) };
  }
}

/** Header and issuer of a token that nobody has checked yet: they say by whom it is checked, and nothing else. */
function unverified(token: string): { readonly header: JwtHeader; readonly issuer: string } {
  let header: JwtHeader;
  let issuer: unknown;
  try {
    header = { ...decodeProtectedHeader(token) };
    issuer = decodeJwt(token).iss;
  } catch {
    throw new AuthFailure('malformed', { by: 'access-token' });
  }
  if (typeof issuer !== 'string') throw new AuthFailure('issuer-unknown', { by: 'access-token' });
  return { header, issuer };
}
