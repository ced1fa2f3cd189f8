import type { Duration } from 'cdk8s';
import type { OidcIntrospection } from './introspection';
import type { Peer } from './peer';
import type { Role } from './role';
import type { UpstreamTlsOptions } from './upstream-tls';

/** Signature algorithms of access tokens, RFC 7518. All of them need the issuer's private key. */
export enum TokenAlgorithm {
  RS256 = 'RS256',
  RS384 = 'RS384',
  RS512 = 'RS512',
  PS256 = 'PS256',
  PS384 = 'PS384',
  PS512 = 'PS512',
  ES256 = 'ES256',
  ES384 = 'ES384',
  ES512 = 'ES512',
  /** Ed25519, RFC 8037. */
  EDDSA = 'EdDSA',
}

/** An OpenID Connect provider, or another issuer of access tokens. */
export interface OidcOptions {
  /** `iss` of its tokens, letter by letter, for example `https://login.example.com`. */
  readonly issuer: string;
  /**
   * Audience that its tokens have for the gateway.
   * @default - the gateway's `publicUrl`
   */
  readonly audience?: string;
  /**
   * Roles that its tokens may bring; others in a token do not count.
   * @default - none: its users may call only what every caller may
   */
  readonly roles?: Role[];
  /**
   * Scopes that clients are told to ask for, so that tokens have the audience. `offline_access` is none: clients ask for
   * refresh tokens by themselves.
   * @default - none: clients know by themselves
   */
  readonly scopes?: string[];
  /**
   * Scopes that tokens must have, each of them; else clients are told to ask for all (403 `insufficient_scope`). Clients are
   * told of them beside `scopes`.
   * @default - none: audience and roles decide
   */
  readonly requiredScopes?: string[];
  /**
   * Scopes that a broader one stands for, and what those stand for in turn: `{ 'mcp.admin': ['mcp.use'] }`.
   * @default - each scope stands for itself
   */
  readonly impliedScopes?: Record<string, string[]>;
  /**
   * Claims with lists of roles, each as the way to it: `[['realm_access', 'roles']]`.
   * @default [['roles']]
   */
  readonly roleClaims?: string[][];
  /**
   * Claim that names the user.
   * @default 'sub'
   */
  readonly userClaim?: string;
  /**
   * Where its keys are.
   * @default - as its OpenID Connect Discovery document says, which must name the same origin as `issuer`
   */
  readonly jwksUri?: string;
  /**
   * Signature algorithms that count.
   * @default - RS256, PS256 and ES256
   */
  readonly algorithms?: TokenAlgorithm[];
  /**
   * How the gateway asks the provider about tokens. One provider of a gateway may take opaque tokens.
   * @default - it does not: tokens must be JWTs, and one that is taken back counts until it ends
   */
  readonly introspection?: OidcIntrospection;
  /**
   * Where its keys and its introspection endpoint are reached, if that is not a public host: pods of the cluster, or addresses.
   * @default - the hosts of `jwksUri` or `issuer`, and of the endpoint, by name
   */
  readonly peer?: Peer;
  /**
   * Authorities and client certificate of the connections to it.
   * @default - the public authorities and those of the cluster's profile; no client certificate
   */
  readonly tlsOptions?: UpstreamTlsOptions;
  /**
   * How far its clock may differ from that of the gateway, up to a minute.
   * @default Duration.seconds(5)
   */
  readonly clockTolerance?: Duration;
}

/** Microsoft Entra ID, as gateways see it. */
export interface EntraOptions {
  /** Id of the tenant, a GUID. */
  readonly tenantId: string;
  /** Application (client) id of the app registration that stands for the gateway: `aud` of version 2 tokens. */
  readonly applicationId: string;
  /**
   * App roles of the registration that its tokens may bring, by their values.
   * @default - none
   */
  readonly roles?: Role[];
  /**
   * Scopes that clients are told to ask for, for example `https://mcp.example.com/.default`.
   * @default - none: clients know by themselves
   */
  readonly scopes?: string[];
  /**
   * Scopes that tokens must have, as tokens call them (`mcp.use`); `scopes` says how clients ask for them. Tokens of
   * applications that act for themselves have none, and are refused then.
   * @default - none: audience and roles decide
   */
  readonly requiredScopes?: string[];
  /**
   * Scopes that a broader one stands for, and what those stand for in turn: `{ 'mcp.admin': ['mcp.use'] }`.
   * @default - each scope stands for itself
   */
  readonly impliedScopes?: Record<string, string[]>;
}
