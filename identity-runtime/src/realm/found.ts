import type { KeycloakClient, KeycloakClientScope, KeycloakProtocolMapper } from 'agentyard/contract';

/** Something that a realm has: its id, and what Keycloak says of it. */
interface Found {
  readonly id: string;
}

export interface FoundRole extends Found {
  readonly name: string;
  readonly description?: string;
  readonly clientRole: boolean;
  /** The realm, or the client, that has it. */
  readonly containerId: string;
}

export type FoundMapper = Found & KeycloakProtocolMapper;

export type FoundScope = Found &
  Pick<KeycloakClientScope, 'name'> &
  Partial<Pick<KeycloakClientScope, 'attributes' | 'description' | 'protocol'>> & {
    readonly protocolMappers?: readonly FoundMapper[];
  };

export type FoundClient = Found &
  Pick<KeycloakClient, 'clientId'> &
  Partial<Omit<KeycloakClient, 'clientId' | 'protocolMappers'>> & {
    readonly protocolMappers?: readonly FoundMapper[];
  };

export interface FoundComponent extends Found {
  readonly providerId: string;
  readonly subType?: string;
  readonly config?: Readonly<Record<string, readonly string[]>>;
}

/** Roles of the realm, and of clients, that something is given. */
export interface FoundMappings {
  readonly realmMappings?: readonly FoundRole[];
  readonly clientMappings?: Readonly<Record<string, { readonly id: string; readonly mappings: readonly FoundRole[] }>>;
}
