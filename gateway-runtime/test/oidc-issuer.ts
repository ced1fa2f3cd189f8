import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TokenIssuerInput } from 'agentyard/contract';
import { Provider } from 'oidc-provider';
import { onCleanUp } from './fixture';
import { AUDIENCE } from './test-issuer';

/** The only client that it knows. */
export const CLIENT = { id: 'service', secret: 'service-secret' };

/** Nothing of what it grants here is looked up again. */
const FORGETFUL = {
  upsert: () => Promise.resolve(),
  find: () => Promise.resolve(),
  findByUid: () => Promise.resolve(),
  findByUserCode: () => Promise.resolve(),
  destroy: () => Promise.resolve(),
  revokeByGrantId: () => Promise.resolve(),
  consume: () => Promise.resolve(),
};

/** Audience of its opaque tokens. */
export const OPAQUE_AUDIENCE = 'https://opaque.example.com';

/** An authorization server of other people's making, with its keys of one kind at a time. */
export class OidcIssuer {
  private handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;

  private constructor(public readonly url: string) {}

  /** Starts it on loopback. */
  public static async start(): Promise<OidcIssuer> {
    const server = createServer((request, response) => issuer.handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const issuer = new OidcIssuer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onCleanUp(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    issuer.useKey('oidc-1');
    return issuer;
  }

  /** Signs with a new key from now on, and publishes no other. */
  public useKey(kid: string): void {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
    this.handle = new Provider(this.url, configurationWith(jwk)).callback();
  }

  /** The token of a service, by its client credentials. */
  public async token(audience = AUDIENCE): Promise<string> {
    const answer = await fetch(`${this.url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience, scope: 'tools' }),
    });
    const { access_token: token } = (await answer.json()) as { access_token?: string };
    if (token === undefined) throw new Error(`oidc-provider gave no token: ${answer.status}`);
    return token;
  }

  /** The entry of a gateway's document that lets its tokens in. */
  public entry(more: Partial<TokenIssuerInput> = {}): TokenIssuerInput {
    return { issuer: this.url, audiences: [AUDIENCE], roleClaims: [['roles']], roles: ['analyst'], ...more };
  }
}

function configurationWith(jwk: object): Readonly<Record<string, unknown>> {
  return {
    adapter: () => FORGETFUL,
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    cookies: { keys: ['cookie-key-of-a-test'] },
    ttl: { ClientCredentials: 300 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: 'tools',
          audience: resource,
          accessTokenFormat: resource === OPAQUE_AUDIENCE ? 'opaque' : 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: () => ({ roles: ['analyst', 'admin'] }),
  };
}
