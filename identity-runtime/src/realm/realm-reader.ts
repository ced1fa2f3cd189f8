import type { KeycloakRealmRepresentation } from 'agentyard/contract';
import type { AdminApi } from './admin-api.js';
import type { FoundClient, FoundContent, FoundRole, FoundScope } from './found.js';
import { ownerOf } from './ownership.js';

/** Reads what the program declares, and what carries its mark. A realm may have many more clients and roles. */
export class RealmReader {
  public constructor(
    private readonly api: AdminApi,
    private readonly desired: KeycloakRealmRepresentation,
    private readonly owner: string,
  ) {}

  public async read(): Promise<FoundContent> {
    return { clients: await this.clients(), scopes: await this.scopes(), roles: await this.roles() };
  }

  public clients(): Promise<FoundClient[]> {
    const declared = new Set(this.desired.clients.map(({ clientId }) => clientId));
    const keep = (client: FoundClient) => declared.has(client.clientId) || ownerOf(client) === this.owner;
    return this.api.list('/clients', keep);
  }

  /** All of them: their ids are needed to take them out of lists. Keycloak gives them in one answer. */
  public scopes(): Promise<FoundScope[]> {
    return this.api.get('/client-scopes');
  }

  public roles(): Promise<FoundRole[]> {
    const declared = new Set(this.desired.roles.realm.map(({ name }) => name));
    const keep = (role: FoundRole) => declared.has(role.name) || ownerOf(role) === this.owner;
    // Else they come without their attributes.
    return this.api.list('/roles?briefRepresentation=false', keep);
  }
}
