import type { ISecret } from 'cdk8s-plus-29';
import { SynthError } from '../lib/errors/synth-error';
import type { SecretKey } from '../lib/identity/keycloak/realm-spec';
import { checkedSecretKey } from './secret-key';

/** Where the password of a user comes from; never the password itself. */
export class KeycloakPassword {
  /**
   * One entry of a Secret.
   *
   * @param secretName a Secret in the realm's namespace
   * @param key the entry
   */
  public static fromSecretKey(secretName: string, key: string): KeycloakPassword {
    return new KeycloakPassword(checkedSecretKey('KeycloakPassword', secretName, key));
  }

  /** As `fromSecretKey`, for a Secret of the same program. */
  public static fromSecret(secret: ISecret, key: string): KeycloakPassword {
    return KeycloakPassword.fromSecretKey(secret.name, key);
  }

  /** @internal */
  public readonly _secret: SecretKey;

  private constructor(secret: SecretKey) {
    this._secret = secret;
  }
}

/** How a client that acts for itself shows who it is. */
export class KeycloakClientCredentials {
  /**
   * A secret that the client sends: one entry of a Secret.
   *
   * @param secretName a Secret in the realm's namespace
   * @param key the entry
   */
  public static fromSecretKey(secretName: string, key: string): KeycloakClientCredentials {
    return new KeycloakClientCredentials(checkedSecretKey('KeycloakClientCredentials', secretName, key));
  }

  /** As `fromSecretKey`, for a Secret of the same program. */
  public static fromSecret(secret: ISecret, key: string): KeycloakClientCredentials {
    return KeycloakClientCredentials.fromSecretKey(secret.name, key);
  }

  /**
   * A key pair of the client, whose private key signs what it sends (`private_key_jwt`, RFC 7523).
   *
   * @param url where Keycloak finds the public keys (JWKS), https
   */
  public static fromJwksUrl(url: string): KeycloakClientCredentials {
    const place = 'KeycloakClientCredentials.fromJwksUrl';
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    const plain = parsed !== undefined && parsed.username + parsed.password + parsed.hash === '';
    if (plain && parsed.protocol === 'https:' && !url.includes('${')) {
      return new KeycloakClientCredentials(undefined, url);
    }
    throw new SynthError('CREDENTIALS_INVALID', place, {
      message: `"${url}" is no https URL of public keys`,
      remedy: 'Give the URL of the JWKS, for example https://ci.example.com/.well-known/jwks.json',
    });
  }

  /** @internal */
  public readonly _secret?: SecretKey;
  /** @internal */
  public readonly _jwksUrl?: string;

  private constructor(secret?: SecretKey, jwksUrl?: string) {
    this._secret = secret;
    this._jwksUrl = jwksUrl;
  }
}
