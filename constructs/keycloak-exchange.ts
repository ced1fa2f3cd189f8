import type { ISecret } from 'cdk8s-plus-29';
import type { ClientAuthentication } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { clientPublicKey, type ClientPublicKey } from '../lib/identity/keycloak/public-key';
import type { SecretKey } from '../lib/identity/keycloak/realm-spec';
import { checkedSecretKey } from './secret-key';

/**
 * How a gateway shows a realm of the program who it is when it exchanges tokens; never the secret itself. The client is made
 * by the realm, for this gateway alone.
 */
export class KeycloakExchangeClient {
  /**
   * A secret that it sends. It has to be in the realm's namespace, too, under the same name, and to be for nothing else.
   *
   * @param secretName a Secret in the gateway's namespace
   * @param key the entry that holds it
   */
  public static withSecret(secretName: string, key: string): KeycloakExchangeClient {
    return new KeycloakExchangeClient(checkedSecretKey('KeycloakExchangeClient', secretName, key));
  }

  /** As `withSecret`, for a Secret of the same program. */
  public static withSecretOf(secret: ISecret, key: string): KeycloakExchangeClient {
    return KeycloakExchangeClient.withSecret(secret.name, key);
  }

  /**
   * A key pair (`private_key_jwt`, RFC 7523): Keycloak knows the public key alone. Throws CREDENTIALS_INVALID.
   *
   * @param secretName a Secret in the gateway's namespace
   * @param key the entry that holds the private key: PEM, PKCS #8
   * @param publicKey the public key, in PEM: RSA from 2048 bits on (RS256), P-256, P-384, P-521, or Ed25519
   */
  public static withPrivateKey(secretName: string, key: string, publicKey: string): KeycloakExchangeClient {
    const found = clientPublicKey(publicKey);
    if ('message' in found) throw new SynthError('CREDENTIALS_INVALID', 'KeycloakExchangeClient.withPrivateKey', found);
    return new KeycloakExchangeClient(checkedSecretKey('KeycloakExchangeClient', secretName, key), found);
  }

  /** What the gateway mounts. @internal */
  public readonly _secret: SecretKey;
  /** @internal */
  public readonly _publicKey?: ClientPublicKey;

  private constructor(secret: SecretKey, publicKey?: ClientPublicKey) {
    this._secret = secret;
    this._publicKey = publicKey;
  }

  /** @param file where secret or key is mounted @param issuer of the realm @internal */
  public _section(file: string, issuer: string): ClientAuthentication {
    if (this._publicKey === undefined) return { method: 'client_secret_basic', clientSecretFile: file };
    const { algorithm, keyId } = this._publicKey;
    return { method: 'private_key_jwt', privateKeyFile: file, algorithm, keyId, audience: issuer };
  }
}
