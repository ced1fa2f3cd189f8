import type { AuthInput } from '../lib/contract';
import type { CallingTls } from '../lib/workload/calling-tls';
import type { MountedVolume } from '../lib/workload/volumes';
import type { KeycloakExchangeClient } from './keycloak-exchange';
import type { IKeycloakRealm } from './keycloak-realm';
import type { McpGateway } from './mcp-gateway';
import type { Role } from './role';

type Credentials = Extract<AuthInput, { mode: 'credentials' }>;

/** What one way to authenticate adds to the document of a gateway. */
export type AuthSection = Pick<Credentials, 'issuers' | 'apiKeys' | 'demoToken'> & { readonly scopes?: string[] };

/** How a gateway exchanges tokens of a realm. */
export interface RealmExchange {
  readonly realm: IKeycloakRealm;
  readonly client: KeycloakExchangeClient;
  /** TLS of the connections to the realm; absent: as all are. */
  readonly tls?: CallingTls;
}

/** One way in which callers of a gateway show who they are. */
export interface AuthMethod {
  /** Whether it is fit for nothing but demonstrations. */
  readonly isDemo?: boolean;
  /** `iss` of the tokens that it takes. */
  readonly issuer?: string;
  /** Whether it takes tokens that do not say whose they are. */
  readonly takesOpaqueTokens?: boolean;
  /** Secret of the API keys that it takes. */
  readonly apiKeysSecret?: string;
  readonly exchange?: RealmExchange;
  readonly volumes?: readonly MountedVolume[];
  /** Whether it may bring a role to a caller. */
  brings(role: Role): boolean;
  /** Connects a gateway to what stands behind it. @throws SynthError */
  attach?(gateway: McpGateway): void;
  /** What the gateway is told. @param roles those that its agents and tools ask for */
  section(gateway: McpGateway, roles: readonly Role[]): AuthSection;
}
