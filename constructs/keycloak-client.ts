import type { KeycloakClientCredentials, KeycloakPassword } from './keycloak-secret';
import type { Role } from './role';

/** Options of a role. */
export interface KeycloakRoleOptions {
  /**
   * What it is for, for people.
   * @default - none
   */
  readonly description?: string;
  /**
   * Roles of the same realm that whoever has this one has, too.
   * @default - none
   */
  readonly includes?: Role[];
}

/** Options of a client by which people sign in: authorization code with PKCE (S256). It keeps no secret. */
export interface KeycloakClientOptions {
  /**
   * Whole URIs that it is called back at, at least one: https, a scheme of an app, or http on loopback
   * (`http://127.0.0.1/callback`, at whatever port). No wildcards.
   */
  readonly redirectUris: string[];
  /**
   * Origins of web pages that may call Keycloak from a browser.
   * @default - those of the redirect URIs
   */
  readonly webOrigins?: string[];
  /**
   * What people are shown.
   * @default - its id
   */
  readonly displayName?: string;
  /**
   * What it is for, for people.
   * @default - none
   */
  readonly description?: string;
  /**
   * Whether people are asked before it may act for them.
   * @default false
   */
  readonly consentRequired?: boolean;
}

/** Options of a client that acts for itself: client credentials. */
export interface KeycloakServiceClientOptions {
  /** How it shows who it is. */
  readonly credentials: KeycloakClientCredentials;
  /**
   * Roles of the realm that it has.
   * @default - none
   */
  readonly roles?: Role[];
  /**
   * What it is for, for people.
   * @default - none
   */
  readonly description?: string;
}

/** Options of a user that is made with the realm; from then on it belongs to the realm's administrator. */
export interface KeycloakUserOptions {
  /** Where its password comes from. */
  readonly password: KeycloakPassword;
  /**
   * Whether it must be changed at the first login.
   * @default true
   */
  readonly temporaryPassword?: boolean;
  /**
   * Roles of the realm that it has.
   * @default - none
   */
  readonly roles?: Role[];
  /**
   * E-mail address, taken for verified.
   * @default - the user is asked at the first login
   */
  readonly email?: string;
  /**
   * Given name.
   * @default - the user is asked at the first login
   */
  readonly firstName?: string;
  /**
   * Family name.
   * @default - the user is asked at the first login
   */
  readonly lastName?: string;
}
