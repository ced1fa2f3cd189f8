import { createHash, randomBytes } from 'node:crypto';
import { decodeJwt, type JWTPayload } from 'jose';
import { Browser } from './browser';

/** What a realm answers to somebody who asks for a token. */
export interface TokenAnswer {
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
  readonly error?: string;
  readonly error_description?: string;
}

/** What somebody enters who signs in. */
export interface Person {
  readonly username: string;
  readonly password: string;
}

/** A client of a realm, of which it is known how it is called back. */
export interface ClientOfRealm {
  readonly clientId: string;
  readonly redirectUri: string;
}

/** Asks a realm for tokens, as clients do. */
export class RealmClient {
  /** @param issuer the URL of the realm */
  public constructor(private readonly issuer: string) {}

  /**
   * Signs in by authorization code with PKCE, in a browser without scripts.
   *
   * @param changes parameters of the authorization request to set, or with an empty text to leave out
   * @returns the tokens; else the error, also one that Keycloak shows on a page of its own
   */
  public async signIn(
    { clientId, redirectUri }: ClientOfRealm,
    { username, password }: Person,
    scope: string,
    changes: Readonly<Record<string, string>> = {},
  ): Promise<TokenAnswer> {
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope,
      state: 'state',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    for (const [name, value] of Object.entries(changes)) query.set(name, value);
    for (const [name, value] of [...query]) if (value === '') query.delete(name);
    const browser = new Browser({ username, password, ...PROFILE });
    const url = `${this.issuer}/protocol/openid-connect/auth?${query.toString()}`;
    const { leadsTo, message } = await browser.visit(url, redirectUri);
    const answer = new URLSearchParams(leadsTo?.search || leadsTo?.hash.slice(1));
    const code = answer.get('code');
    if (code === null) return { error: answer.get('error') ?? message };
    const grant = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: redirectUri, code };
    return this.token({ ...grant, code_verifier: verifier });
  }

  /** Sends a request to the token endpoint. */
  public async token(parameters: Readonly<Record<string, string>>): Promise<TokenAnswer> {
    const body = new URLSearchParams(parameters);
    const response = await fetch(`${this.issuer}/protocol/openid-connect/token`, { method: 'POST', body });
    return (await response.json()) as TokenAnswer;
  }

  /** Registers a client (RFC 7591). @returns status and body of the answer */
  public async register(metadata: unknown): Promise<{ readonly status: number; readonly body: any }> {
    const response = await fetch(`${this.issuer}/clients-registrations/openid-connect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(metadata),
    });
    return { status: response.status, body: await response.json() };
  }
}

/** The claims of an access token. @throws Error with the realm's answer if there is none */
export function claimsOf(answer: TokenAnswer): JWTPayload & Record<string, any> {
  if (answer.access_token === undefined) throw new Error(`no token: ${answer.error} ${answer.error_description ?? ''}`);
  return decodeJwt(answer.access_token);
}

/** What is entered into forms that ask for more at the first login. */
const PROFILE = {
  'password-new': 'another-password-1',
  'password-confirm': 'another-password-1',
  email: 'person@example.com',
  firstName: 'Some',
  lastName: 'Person',
};
