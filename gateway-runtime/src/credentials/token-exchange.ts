import type { Departing } from '@agentyard/runtime-kit';
import type { UpstreamCredentials as Section } from 'agentyard/contract';
import type { Caller } from '../auth/caller.js';
import type { CallerToken } from '../auth/caller-token.js';
import type { IssuedToken } from './issued-token.js';
import type { CredentialLimits, TokenEndpoint } from './token-endpoint.js';
import { TokenStore } from './token-store.js';
import type { CredentialHeaders, UpstreamCredentials } from './upstream-credentials.js';
import { UpstreamCredentialsError } from './upstream-credentials-error.js';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/**
 * A token for the user and for this server, in exchange for the one that the user called with (RFC 8693). That one goes to
 * its own issuer and nowhere else.
 */
export class TokenExchange implements UpstreamCredentials {
  private readonly tokens: TokenStore;

  public constructor(
    private readonly server: string,
    private readonly section: Extract<Section, { by: 'token-exchange' }>,
    private readonly endpoint: TokenEndpoint,
    limits: CredentialLimits,
  ) {
    this.tokens = new TokenStore(limits);
  }

  public async headersFor(caller: Caller, signal: Departing): Promise<CredentialHeaders> {
    const subject = this.subjectOf(caller);
    const token = await this.tokens.of(subject.fingerprint, () => this.exchange(subject), signal);
    return { authorization: `Bearer ${token}` };
  }

  public forget({ token }: Caller): void {
    if (token !== undefined) this.tokens.forget(token.fingerprint);
  }

  public unready(): string | undefined {
    return this.endpoint.unready();
  }

  private subjectOf({ token, issuer }: Caller): CallerToken {
    if (token !== undefined && issuer === this.section.issuer) return token;
    const detail = `it takes users by their access tokens of ${this.section.issuer}; an API key, or a token of another issuer, cannot be exchanged for one`;
    throw new UpstreamCredentialsError('token-missing', this.server, detail);
  }

  private async exchange(subject: CallerToken): Promise<IssuedToken> {
    const { audience, scopes } = this.section;
    const token = await this.endpoint.ask({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subject.reveal(),
      subject_token_type: ACCESS_TOKEN,
      requested_token_type: ACCESS_TOKEN,
      audience,
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    });
    if (token.text !== subject.reveal()) return token;
    const detail = 'its authorization server gives back the user’s own token, which must not be passed on';
    throw new UpstreamCredentialsError('exchange-refused', this.server, detail);
  }
}
