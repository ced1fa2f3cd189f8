import type { TokenAlgorithm } from './oidc';
import type { Peer } from './peer';
import type { UpstreamTlsOptions } from './upstream-tls';

/** How a secret is sent to an MCP server. */
export interface UpstreamSecretOptions {
  /**
   * Header that carries it.
   * @default 'Authorization'
   */
  readonly header?: string;
  /**
   * What stands before it in the header, such as `Bearer`.
   * @default - 'Bearer' in the header Authorization, nothing in others
   */
  readonly scheme?: string;
}

/** How a client signs what shows who it is (`private_key_jwt`). */
export interface UpstreamKeyOptions {
  /** `aud` of what it signs: the issuer of the authorization server. */
  readonly audience: string;
  /**
   * Algorithm of its signatures.
   * @default TokenAlgorithm.RS256
   */
  readonly algorithm?: TokenAlgorithm;
  /**
   * `kid` of its signatures.
   * @default - none
   */
  readonly keyId?: string;
}

/** How a gateway gets tokens for itself (client credentials). */
export interface UpstreamClientOptions {
  /** Token endpoint of the authorization server. */
  readonly tokenEndpoint: string;
  /**
   * Scopes to ask for.
   * @default - none
   */
  readonly scopes?: string[];
  /**
   * `audience` to ask for.
   * @default - none
   */
  readonly audience?: string;
  /**
   * `resource` to ask for, RFC 8707.
   * @default - none
   */
  readonly resource?: string;
  /**
   * Where the token endpoint is reached, if that is not a public host: pods of the cluster, or addresses.
   * @default - its host, by name
   */
  readonly peer?: Peer;
  /**
   * Authorities and client certificate of the connections to it.
   * @default - the public authorities and those of the cluster's profile; no client certificate
   */
  readonly tlsOptions?: UpstreamTlsOptions;
}

/** How a gateway exchanges the token of a user for one that is for the server. */
export interface UpstreamExchangeOptions {
  /** Issuer of the users' tokens: one that the gateway takes by its `auth`. */
  readonly issuer: string;
  /** Token endpoint of that issuer. */
  readonly tokenEndpoint: string;
  /** `audience` to ask for: of Keycloak the id of the client that stands for the server. */
  readonly audience: string;
  /**
   * Scopes to ask for.
   * @default - none
   */
  readonly scopes?: string[];
  /**
   * Where the token endpoint is reached, if that is not a public host: pods of the cluster, or addresses.
   * @default - its host, by name
   */
  readonly peer?: Peer;
  /**
   * Authorities and client certificate of the connections to it.
   * @default - the public authorities and those of the cluster's profile; no client certificate
   */
  readonly tlsOptions?: UpstreamTlsOptions;
}
