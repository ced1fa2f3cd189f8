import { createPrivateKey, randomUUID, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { ClientAuthentication } from 'agentyard/contract';
import { basicAuthorization, openClientSecret } from '../auth/client-secret.js';
import { SecretFile, type SecretFileOptions, type SecretKind } from '../auth/secret-file.js';

/** How long an assertion counts, in seconds: for the one request that it goes along with. */
const ASSERTION_SECONDS = 60;

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** What goes along with a request to a token endpoint, to show which client asks. */
export interface ShownClient {
  readonly authorization?: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** How the gateway shows an authorization server which client it is. */
export interface ClientProof {
  /** @returns `undefined` while what it needs is not mounted */
  show(clientId: string): Promise<ShownClient | undefined>;
  unready(): string | undefined;
  close(): void;
}

/** @param authentication with the path of the file as it is in this process */
export async function openClientProof(
  authentication: ClientAuthentication,
  options: SecretFileOptions,
): Promise<ClientProof> {
  if (authentication.method === 'client_secret_basic') {
    return new SecretProof(await openClientSecret(authentication.clientSecretFile, options));
  }
  return new KeyProof(authentication, await SecretFile.open(authentication.privateKeyFile, PRIVATE_KEY, options));
}

/** HTTP Basic, RFC 6749, 2.3.1. */
class SecretProof implements ClientProof {
  public constructor(private readonly secret: SecretFile<string>) {}

  public show(clientId: string): Promise<ShownClient | undefined> {
    const { value } = this.secret;
    const shown = value === undefined ? undefined : { authorization: basicAuthorization(clientId, value), fields: {} };
    return Promise.resolve(shown);
  }

  public unready(): string | undefined {
    return this.secret.unready();
  }

  public close(): void {
    this.secret.close();
  }
}

const PRIVATE_KEY: SecretKind<KeyObject> = {
  parse: privateKeyIn,
  what: 'the private key of a client',
  form: 'it is no private key: PEM, PKCS #8, not encrypted',
  event: 'client-key-unreadable',
  consequence: 'an issuer cannot be asked',
};

function privateKeyIn(text: string): KeyObject | undefined {
  try {
    return /^-----BEGIN PRIVATE KEY-----/.test(text) ? createPrivateKey(text) : undefined;
  } catch {
    return undefined;
  }
}

/** An assertion that the client signs, RFC 7523, 2.2; OpenID Connect Core 1.0, 9, `private_key_jwt`. */
class KeyProof implements ClientProof {
  public constructor(
    private readonly options: Extract<ClientAuthentication, { method: 'private_key_jwt' }>,
    private readonly key: SecretFile<KeyObject>,
  ) {}

  public async show(clientId: string): Promise<ShownClient | undefined> {
    const { value: key } = this.key;
    if (key === undefined) return undefined;
    const assertion = await this.sign(clientId, key).catch(() => undefined);
    if (assertion === undefined) return undefined;
    return {
      fields: { client_id: clientId, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion },
    };
  }

  public unready(): string | undefined {
    return this.key.unready();
  }

  public close(): void {
    this.key.close();
  }

  private sign(clientId: string, key: KeyObject): Promise<string> {
    const { algorithm: alg, keyId: kid, audience } = this.options;
    return new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg, ...(kid !== undefined && { kid }), typ: 'JWT' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${ASSERTION_SECONDS}s`)
      .sign(key);
  }
}
