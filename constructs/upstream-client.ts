import type { ISecret } from 'cdk8s-plus-29';
import type { ClientAuthentication } from '../lib/contract';
import type { SecretKey } from '../lib/identity/keycloak/realm-spec';
import { TokenAlgorithm } from './oidc';
import { checkedSecretKey } from './secret-key';
import type { UpstreamKeyOptions } from './upstream-credentials-options';

/** The client that a gateway is to an authorization server, and how it shows that; never the secret itself. */
export class UpstreamClient {
  /**
   * A client with a secret, sent by HTTP Basic.
   *
   * @param clientId its id
   * @param secretName a Secret in the gateway's namespace
   * @param key the entry that holds the secret
   */
  public static withSecret(clientId: string, secretName: string, key: string): UpstreamClient {
    return new UpstreamClient(clientId, checkedSecretKey('UpstreamClient', secretName, key));
  }

  /** As `withSecret`, for a Secret of the same program. */
  public static withSecretOf(clientId: string, secret: ISecret, key: string): UpstreamClient {
    return UpstreamClient.withSecret(clientId, secret.name, key);
  }

  /**
   * A client with a key pair (`private_key_jwt`).
   *
   * @param clientId its id
   * @param secretName a Secret in the gateway's namespace
   * @param key the entry that holds the private key: PEM, PKCS #8
   */
  public static withPrivateKey(
    clientId: string,
    secretName: string,
    key: string,
    options: UpstreamKeyOptions,
  ): UpstreamClient {
    return new UpstreamClient(clientId, checkedSecretKey('UpstreamClient', secretName, key), options);
  }

  /** Its id. */
  public readonly clientId: string;
  /** @internal */
  public readonly _secret: SecretKey;
  private readonly signing?: UpstreamKeyOptions;

  private constructor(clientId: string, secret: SecretKey, signing?: UpstreamKeyOptions) {
    this.clientId = clientId;
    this._secret = secret;
    this.signing = signing;
  }

  /** @param file where its secret or key is mounted @internal */
  public _section(file: string): ClientAuthentication {
    if (this.signing === undefined) return { method: 'client_secret_basic', clientSecretFile: file };
    const { audience, algorithm = TokenAlgorithm.RS256, keyId } = this.signing;
    return { method: 'private_key_jwt', privateKeyFile: file, algorithm, keyId, audience };
  }
}
