import { REGISTRATION_POLICY, type KeycloakClient, type KeycloakRealmRepresentation } from 'agentyard/contract';
import type { AdminApi } from './admin-api.js';
import { Changes, type RealmReport, type Step } from './change.js';
import { planClientScopes, planScopeLists, type ScopeLists } from './client-scopes.js';
import { planClients } from './clients.js';
import type {
  FoundClient,
  FoundComponent,
  FoundContent,
  FoundGroup,
  FoundMappings,
  FoundRealm,
  FoundRole,
  FoundScope,
} from './found.js';
import { abandonedIn, isOwned, ownerOf, unmarkedIn } from './ownership.js';
import { planMappers } from './protocol-mappers.js';

import { RealmReader } from './realm-reader.js';
import { planClientPolicies, planRegistration } from './registration.js';
import { planGroups, planRoleMappings, type MappedThing } from './role-mappings.js';
import { planInclusion, planRoles } from './roles.js';
import { planSettings } from './settings.js';

/** One run: each step compares what there is, and plans what is different. */
export class RealmAlignment {
  private readonly changes: Changes;
  private readonly reader: RealmReader;
  private content: FoundContent = { clients: [], scopes: [], roles: [] };

  /** @param owner the mark of the program */
  public constructor(
    private readonly api: AdminApi,
    private readonly desired: KeycloakRealmRepresentation,
    private readonly owner: string,
  ) {
    this.changes = new Changes(api);
    this.reader = new RealmReader(api, desired, owner);
  }

  public async run(realm: FoundRealm): Promise<RealmReport> {
    this.content = await this.reader.read();
    const unmarked = unmarkedIn(this.desired, this.content);
    await this.changes.take(planSettings(this.desired, realm));
    await this.alignRoles();
    await this.alignScopes();
    await this.alignClients();
    await this.alignRegistration(realm);
    await this.removeAbandoned();
    return { ...this.changes.report, unmarked };
  }

  private async alignRoles(): Promise<void> {
    const { realm: desired } = this.desired.roles;
    const isDefault = ({ name }: { readonly name: string }) => name === this.desired.defaultRole.name;
    const declared = desired.filter((role) => !isDefault(role));
    if (await this.changes.take(planRoles(declared, this.content.roles))) {
      this.content = { ...this.content, roles: await this.reader.roles() };
    }
    const { roles } = this.content;
    const ids = new Set(roles.filter((role) => ownerOf(role) === this.owner).map(({ id }) => id));
    for (const wanted of desired) {
      const role = roles.find(({ name }) => name === wanted.name);
      if (role === undefined) continue;
      const present = await this.api.get<FoundRole[]>(`/roles-by-id/${role.id}/composites`);
      // Roles of the program leave the role of every user, which else is not the program's.
      const leaves = (other: FoundRole) => isOwned(wanted, role) || (isDefault(role) && ids.has(other.id));
      const inclusion = { role, wanted: wanted.composites?.realm ?? [], present, leaves };
      await this.changes.take(planInclusion(inclusion, roles));
    }
  }

  private async alignScopes(): Promise<void> {
    const { clientScopes, scopeMappings, defaultDefaultClientScopes, defaultOptionalClientScopes } = this.desired;
    if (await this.changes.take(planClientScopes(clientScopes, this.content.scopes))) {
      this.content = { ...this.content, scopes: await this.reader.scopes() };
    }
    const lists = {
      what: 'client scopes of the realm',
      alwaysPath: '/default-default-client-scopes',
      optionalPath: '/default-optional-client-scopes',
      exact: false,
    };
    const wanted = { always: defaultDefaultClientScopes, optional: defaultOptionalClientScopes };
    await this.changes.take(planScopeLists(lists, wanted, await this.realmLists(), this.content.scopes));
    for (const scope of clientScopes) {
      const present = this.content.scopes.find(({ name }) => name === scope.name);
      if (present === undefined) continue;
      await this.alignMappings({
        what: `client scope ${scope.name}`,
        path: `/client-scopes/${present.id}/scope-mappings`,
        wanted: scopeMappings.find(({ clientScope }) => clientScope === scope.name)?.roles ?? [],
        exact: isOwned(scope, present),
      });
    }
  }

  private async alignClients(): Promise<void> {
    if (await this.changes.take(planClients(this.desired.clients, this.content.clients))) {
      this.content = { ...this.content, clients: await this.reader.clients() };
    }
    for (const client of this.desired.clients) {
      const present = this.content.clients.find(({ clientId }) => clientId === client.clientId);
      if (present !== undefined) await this.alignClient(client, present);
    }
  }

  private async alignClient(client: KeycloakClient, present: FoundClient): Promise<void> {
    const what = `client ${client.clientId}`;
    const path = `/clients/${present.id}`;
    const exact = isOwned(client, present);
    const wanted = { always: client.defaultClientScopes, optional: client.optionalClientScopes };
    const has = { always: present.defaultClientScopes ?? [], optional: present.optionalClientScopes ?? [] };
    const alwaysPath = `${path}/default-client-scopes`;
    const optionalPath = `${path}/optional-client-scopes`;
    await this.changes.take(
      planScopeLists({ what, exact, alwaysPath, optionalPath }, wanted, has, this.content.scopes),
    );
    const mappers = client.protocolMappers ?? [];
    await this.changes.take(planMappers({ what, path, exact }, mappers, present.protocolMappers ?? []));
    await this.alignMappings({ what, path: `${path}/scope-mappings`, wanted: [], exact });
    if (client.serviceAccountsEnabled) await this.alignServiceAccount(client, path, exact);
  }

  private async alignServiceAccount({ clientId }: KeycloakClient, client: string, exact: boolean): Promise<void> {
    const what = `client ${clientId}`;
    const { id } = await this.api.get<{ id: string }>(`${client}/service-account-user`);
    const path = `/users/${id}`;
    const wanted = this.desired.users.find((user) => user.serviceAccountClientId === clientId)?.realmRoles ?? [];
    await this.alignMappings({ what, path: `${path}/role-mappings`, wanted, exact });
    if (!exact) return;
    await this.changes.take(planGroups(what, path, await this.api.list<FoundGroup>(`${path}/groups`, () => true)));
  }

  private async alignRegistration(realm: FoundRealm): Promise<void> {
    const { components, clientPolicies, clientProfiles } = this.desired;
    const found = await this.api.get<FoundComponent[]>(`/components?type=${REGISTRATION_POLICY}`);
    await this.changes.take(planRegistration(components[REGISTRATION_POLICY] ?? [], found, realm.id));
    const profiles = await this.api.get<Partial<typeof clientProfiles>>('/client-policies/profiles');
    await this.changes.take(planClientPolicies('profiles', clientProfiles.profiles, profiles));
    const policies = await this.api.get<Partial<typeof clientPolicies>>('/client-policies/policies');
    await this.changes.take(planClientPolicies('policies', clientPolicies.policies, policies));
  }

  /** Clients before the scopes that they use, and these before the roles. */
  private async removeAbandoned(): Promise<void> {
    const { clients, scopes, roles } = abandonedIn(this.desired, this.content, this.owner);
    await this.changes.take([
      ...clients.map(({ clientId, id }) => removal(`client ${clientId}`, `/clients/${id}`)),
      ...scopes.map(({ name, id }) => removal(`client scope ${name}`, `/client-scopes/${id}`)),
      ...roles.map(({ name, id }) => removal(`role ${name}`, `/roles-by-id/${id}`)),
    ]);
  }

  private async alignMappings(thing: MappedThing): Promise<void> {
    const found = await this.api.get<FoundMappings>(thing.path);
    await this.changes.take(planRoleMappings(thing, found, this.content.roles));
  }

  private async realmLists(): Promise<ScopeLists> {
    const names = async (path: string) => (await this.api.get<FoundScope[]>(path)).map(({ name }) => name);
    return {
      always: await names('/default-default-client-scopes'),
      optional: await names('/default-optional-client-scopes'),
    };
  }
}

function removal(what: string, path: string): Step {
  return { kind: 'removed', what, method: 'DELETE', path };
}
