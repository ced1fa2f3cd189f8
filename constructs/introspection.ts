import type { ISecret } from 'cdk8s-plus-29';
import type { SecretKey } from '../lib/identity/keycloak/realm-spec';
import type { KeycloakExchangeClient } from './keycloak-exchange';
import { checkedSecretKey } from './secret-key';
import type { UpstreamTlsOptions } from './upstream-tls';

/** Which access tokens of an issuer are introspected. Opaque ones are those that are no JWT. */
export enum IntrospectedTokens {
  /** Opaque ones. JWTs are checked by keys alone, so one that is taken back counts until it ends. */
  OPAQUE = 'opaque',
  /** JWTs, after they were checked by keys: one that is taken back stops within half a minute. Opaque ones are refused. */
  JWT = 'jwt',
  /** Both. */
  ALL = 'all',
}

/** The secret by which a gateway shows to an issuer which client it is; never the secret itself. */
export class IntrospectionSecret {
  /**
   * One entry of a Secret.
   *
   * @param secretName a Secret in the gateway's namespace
   * @param key the entry
   */
  public static fromSecretKey(secretName: string, key: string): IntrospectionSecret {
    return new IntrospectionSecret(checkedSecretKey('IntrospectionSecret', secretName, key));
  }

  /** As `fromSecretKey`, for a Secret of the same program. */
  public static fromSecret(secret: ISecret, key: string): IntrospectionSecret {
    return IntrospectionSecret.fromSecretKey(secret.name, key);
  }

  /** @internal */
  public readonly _secret: SecretKey;

  private constructor(secret: SecretKey) {
    this._secret = secret;
  }
}

/** How a gateway asks an OpenID Connect provider whether a token counts, RFC 7662. */
export interface OidcIntrospection {
  /** Introspection endpoint, on the host of the keys or another one that is opened for it. */
  readonly endpoint: string;
  /** Id of the client that the gateway is to the provider. */
  readonly clientId: string;
  /** Secret of that client. */
  readonly secret: IntrospectionSecret;
  /**
   * Which tokens are asked about.
   * @default IntrospectedTokens.OPAQUE
   */
  readonly tokens?: IntrospectedTokens;
}

/** How a gateway asks a Keycloak whether a token counts, RFC 7662. */
export interface KeycloakIntrospection {
  /**
   * Secret of the client that the gateway is to Keycloak. Of a realm of the program it has to be in the realm's
   * namespace, too, under the same name, and to be of one gateway alone.
   */
  readonly secret: IntrospectionSecret;
  /**
   * Which tokens are asked about. Keycloak issues JWTs alone.
   * @default IntrospectedTokens.JWT
   */
  readonly tokens?: IntrospectedTokens;
  /**
   * Id of that client in a realm that is administered elsewhere.
   * @default - in a realm of the program, a client that is made for the gateway
   */
  readonly clientId?: string;
}

/** Options of the tokens of a realm. */
export interface KeycloakAuthOptions {
  /**
   * How the gateway asks Keycloak whether a token is still active.
   * @default - it does not: a token that is taken back counts until it ends
   */
  readonly introspection?: KeycloakIntrospection;
  /**
   * The client by which the gateway gets tokens for MCP servers in exchange for those of its users, as
   * `UpstreamCredentials.keycloakExchange` asks for.
   * @default - it exchanges none
   */
  readonly tokenExchange?: KeycloakExchangeClient;
  /**
   * Authorities and client certificate of the connections to it.
   * @default - the public authorities and those of the cluster's profile; no client certificate
   */
  readonly tlsOptions?: UpstreamTlsOptions;
}
