import type { KeycloakClient, KeycloakClientScope, KeycloakProtocolMapper } from 'agentyard/contract';

/** Something that a realm has: its id, and what Keycloak says of it. */
interface Found {
  readonly id: string;
}

/** A realm as Keycloak knows it: its settings, and the ids of what belongs to it. */
export interface FoundRealm extends Found {
  readonly attributes?: Readonly<Record<string, string>>;
  readonly defaultRole?: { readonly id: string; readonly name: string };
  readonly eventsEnabled?: boolean;
  readonly eventsExpiration?: number;
  readonly eventsListeners?: readonly string[];
}

export interface FoundRole extends Found {
  readonly name: string;
  readonly description?: string;
  readonly clientRole: boolean;
  /** The realm, or the client, that has it. */
  readonly containerId: string;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
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
    /** Ids of flows that stand in for those of the realm. */
    readonly authenticationFlowBindingOverrides?: Readonly<Record<string, string>>;
  };

export interface FoundComponent extends Found {
  readonly providerId: string;
  readonly subType?: string;
  readonly config?: Readonly<Record<string, readonly string[]>>;
}

/** What a realm has of what a program is about. */
export interface FoundContent {
  readonly clients: readonly FoundClient[];
  readonly scopes: readonly FoundScope[];
  readonly roles: readonly FoundRole[];
}

export interface FoundGroup extends Found {
  readonly name: string;
}

/** Roles of the realm, and of clients, that something is given. */
export interface FoundMappings {
  readonly realmMappings?: readonly FoundRole[];
  readonly clientMappings?: Readonly<Record<string, { readonly id: string; readonly mappings: readonly FoundRole[] }>>;
}
