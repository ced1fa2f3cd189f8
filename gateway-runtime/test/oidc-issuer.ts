import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TokenIssuerInput } from 'agentyard/contract';
import { Provider } from 'oidc-provider';
import { onCleanUp } from './fixture';
import { AUDIENCE } from './test-issuer';

/** The client that gets tokens. */
export const CLIENT = { id: 'service', secret: 'service-secret' };
/** The client that a gateway is, which may ask about tokens of others. Both texts have to be encoded on their way. */
export const GATEWAY_CLIENT = { id: 'mcp:agents/gateway', secret: 'gateway+ se%c:ret/&=' };
/** A client that may ask about its own tokens alone. */
export const OTHER_CLIENT = { id: 'other', secret: 'other-secret' };

/** Keeps what it grants, by the kind of the thing and its id. */
function memory() {
  const things = new Map<string, unknown>();
  return (kind: string) => ({
    upsert: (id: string, thing: unknown) => Promise.resolve(void things.set(`${kind} ${id}`, thing)),
    find: (id: string) => Promise.resolve(things.get(`${kind} ${id}`)),
    findByUid: () => Promise.resolve(),
    findByUserCode: () => Promise.resolve(),
    destroy: (id: string) => Promise.resolve(void things.delete(`${kind} ${id}`)),
    revokeByGrantId: () => Promise.resolve(),
    consume: () => Promise.resolve(),
  });
}

type TokenIntrospectionInput = NonNullable<TokenIssuerInput['introspection']>;

/** Where gateways of tests find the secret of their client. */
export const SECRET_FILE = '/etc/agentyard/issuer/client-secret';
/** The same below `/etc/agentyard`. */
export const SECRET_PATH = 'issuer/client-secret';

/** Audience of its opaque tokens. */
export const OPAQUE_AUDIENCE = 'https://opaque.example.com';

/** An authorization server of other people's making, with its keys of one kind at a time. */
export class OidcIssuer {
  /** Paths that it was asked for. */
  public readonly asked: string[] = [];
  /** How long its tokens are valid, in seconds. */
  public lifetime = 300;
  private handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;

  private constructor(public readonly url: string) {}

  /** Starts it on loopback. */
  public static async start(): Promise<OidcIssuer> {
    const server = createServer((request, response) => {
      issuer.asked.push(request.url ?? '');
      issuer.handle(request, response);
    });
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
    this.handle = new Provider(
      this.url,
      configurationWith(jwk, () => this.lifetime),
    ).callback();
  }

  /** The token of a service, by its client credentials. */
  public async token(audience = AUDIENCE): Promise<string> {
    const answer = await this.post('/token', {
      grant_type: 'client_credentials',
      resource: audience,
      scope: 'tools',
    });
    const { access_token: token } = (await answer.json()) as { access_token?: string };
    if (token === undefined) throw new Error(`oidc-provider gave no token: ${answer.status}`);
    return token;
  }

  /** Takes a token of the service back (RFC 7009). */
  public async revoke(token: string): Promise<void> {
    const answer = await this.post('/token/revocation', { token });
    if (!answer.ok) throw new Error(`oidc-provider revokes nothing: ${answer.status}`);
  }

  /** How often it was asked about a token. */
  public get introspections(): number {
    return this.asked.filter((path) => path === '/token/introspection').length;
  }

  /** The entry of a gateway's document that lets its tokens in. */
  public entry(more: Partial<TokenIssuerInput> = {}): TokenIssuerInput {
    return { issuer: this.url, audiences: [AUDIENCE], roleClaims: [['roles']], roles: ['analyst'], ...more };
  }

  /** The same for its opaque tokens, whose user is their client. */
  public opaqueEntry(more: Partial<TokenIntrospectionInput> = {}): TokenIssuerInput {
    const introspection = {
      endpoint: `${this.url}/token/introspection`,
      clientId: GATEWAY_CLIENT.id,
      credentials: { clientSecretFile: SECRET_FILE },
      tokens: 'opaque' as const,
      ...more,
    };
    return this.entry({ audiences: [OPAQUE_AUDIENCE], userClaim: 'client_id', clockToleranceMs: 0, introspection });
  }

  private post(path: string, fields: Readonly<Record<string, string>>): Promise<Response> {
    const authorization = `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`;
    return fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams(fields),
    });
  }
}

function configurationWith(jwk: object, lifetime: () => number): Readonly<Record<string, unknown>> {
  return {
    adapter: memory(),
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
      ...[GATEWAY_CLIENT, OTHER_CLIENT].map(({ id, secret }) => ({
        client_id: id,
        client_secret: secret,
        grant_types: [],
        redirect_uris: [],
        response_types: [],
      })),
    ],
    cookies: { keys: ['cookie-key-of-a-test'] },
    ttl: { ClientCredentials: lifetime },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (_context: unknown, { clientId }: { clientId: string }, token: { clientId: string }) =>
          clientId === GATEWAY_CLIENT.id || clientId === token.clientId,
      },
      revocation: { enabled: true, allowedPolicy: () => true },
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
