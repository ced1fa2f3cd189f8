/** What a realm follows from. Names are distinct and have their forms. */
export interface RealmSpec extends RealmSettings, RealmMembers {}

/** What is said of the realm itself. */
export interface RealmSettings {
  readonly name: string;
  /** Id of the app, with which all that it makes is marked. */
  readonly owner: string;
  /** What people are shown; absent: the name of the realm, or what it shows already. */
  readonly displayName?: string;
  readonly accessTokenSeconds: number;
  readonly registration: RegistrationSpec;
}

/** What is in a realm. */
export interface RealmMembers {
  readonly roles: readonly RoleSpec[];
  readonly gateways: readonly GatewaySpec[];
  readonly clients: readonly PublicClientSpec[];
  readonly serviceClients: readonly ServiceClientSpec[];
  readonly users: readonly UserSpec[];
}

/** A role of users. */
export interface RoleSpec {
  readonly name: string;
  readonly description: string;
  /** Roles that whoever has it has, too. */
  readonly includes: readonly string[];
}

/** A gateway that tokens are issued for. */
export interface GatewaySpec {
  /** The client scope that stands for it. */
  readonly scope: string;
  readonly audience: string;
  /** Secret of the client of the same name, by which it asks about its tokens; absent: there is no such client. */
  readonly introspectionSecret?: SecretKey;
  /** How it gets tokens for MCP servers in exchange for those of its users; absent: it gets none. */
  readonly exchange?: ExchangeSpec;
}

/** The client that a gateway is when it exchanges tokens. It has either a secret or keys. */
export interface ExchangeSpec {
  readonly clientId: string;
  readonly secret?: SecretKey;
  /** Its public keys (JWKS), by which it shows who it is (`private_key_jwt`). */
  readonly jwks?: string;
  /** Clients that it gets tokens for. Each stands for an MCP server. */
  readonly audiences: readonly string[];
}

/** A client by which people sign in; it keeps no secret. */
export interface PublicClientSpec {
  readonly clientId: string;
  readonly displayName: string;
  readonly description: string;
  readonly redirectUris: readonly string[];
  readonly webOrigins: readonly string[];
  readonly consentRequired: boolean;
}

/** An entry of a Secret. */
export interface SecretKey {
  readonly secretName: string;
  readonly key: string;
}

/** A client that acts for itself. It has either a secret or keys. */
export interface ServiceClientSpec {
  readonly clientId: string;
  readonly description: string;
  readonly roles: readonly string[];
  readonly secret?: SecretKey;
  /** Where the keys are by which it shows who it is (`private_key_jwt`). */
  readonly jwksUrl?: string;
}

/** A person. */
export interface UserSpec {
  readonly username: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly roles: readonly string[];
  readonly password: SecretKey;
  /** Whether the password must be changed at the first login. */
  readonly temporary: boolean;
}

/** Who may register clients without a token (RFC 7591). */
export interface RegistrationSpec {
  /** Hosts that may, and that redirect URIs may have; none: registration is closed. */
  readonly hosts: readonly string[];
  /** Whether whoever registers must be at one of the hosts. */
  readonly checkSender: boolean;
  /** Number of clients of the realm from which on none can be registered. */
  readonly maxClients: number;
}
