import type { KeycloakServer } from './keycloak-server';

/** An audience that a realm of elsewhere issues tokens for. */
export interface KeycloakAudience {
  /** The audience: the gateway's `publicUrl`. */
  readonly audience: string;
  /**
   * Scope by which clients ask for it.
   * @default - clients need not ask
   */
  readonly scope?: string;
}

/** A realm that is administered elsewhere: what its administrator states. */
export interface KeycloakIssuerOptions {
  /** `iss` of its tokens, letter by letter: `https://sso.example.com/realms/acme`. */
  readonly issuer: string;
  /** Realm roles that it gives to users, of those that the program asks for. */
  readonly roles: string[];
  /** Audiences that it issues tokens for, at least one. */
  readonly audiences: KeycloakAudience[];
  /**
   * Where it runs.
   * @default KeycloakServer.external()
   */
  readonly server?: KeycloakServer;
}
