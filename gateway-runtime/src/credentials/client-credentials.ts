import type { Departing } from '@agentyard/runtime-kit';
import type { UpstreamCredentials as Section } from 'agentyard/contract';
import type { Caller } from '../auth/caller.js';
import type { TokenEndpoint } from './token-endpoint.js';
import { TokenStore } from './token-store.js';
import type { CredentialLimits } from './token-endpoint.js';
import type { CredentialHeaders, UpstreamCredentials } from './upstream-credentials.js';

/** All users share the one token. */
const KEY = '';

/** A token that the gateway gets for itself: client credentials, RFC 6749, 4.4. */
export class ClientCredentials implements UpstreamCredentials {
  private readonly tokens: TokenStore;
  private readonly fields: Readonly<Record<string, string>>;

  public constructor(
    { scopes, audience, resource }: Extract<Section, { by: 'client-credentials' }>,
    private readonly endpoint: TokenEndpoint,
    limits: CredentialLimits,
  ) {
    this.tokens = new TokenStore(limits);
    this.fields = {
      grant_type: 'client_credentials',
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      ...(audience !== undefined && { audience }),
      ...(resource !== undefined && { resource }),
    };
  }

  public async headersFor(_caller: Caller, signal: Departing): Promise<CredentialHeaders> {
    const token = await this.tokens.of(KEY, () => this.endpoint.ask(this.fields), signal);
    return { authorization: `Bearer ${token}` };
  }

  public forget(): void {
    this.tokens.forget(KEY);
  }

  public unready(): string | undefined {
    return this.endpoint.unready();
  }
}
