import {
  REGISTRATION_POLICY,
  type KeycloakRealmRepresentation,
  type KeycloakRealmSyncDocument,
  type RealmOwnership,
} from 'agentyard/contract';
import { AdminApi } from './admin-api.js';
import { Changes, type RealmReport, type Step } from './change.js';
import { planClientScopes, planScopeLists, type ScopeLists } from './client-scopes.js';
import { planClients } from './clients.js';
import type { FoundClient, FoundComponent, FoundMappings, FoundRole, FoundScope } from './found.js';
import { KeycloakError } from './keycloak-error.js';
import { abandoned, claimed, kept, ownershipIn } from './ownership.js';
import { planMappers } from './protocol-mappers.js';
import { planPolicies, planProfiles, planRegistration } from './registration.js';
import { planRoleMappings, type MappedThing } from './role-mappings.js';
import { planInclusion, planRoles } from './roles.js';
import { withSecrets } from './secrets.js';
import { planOwnership, planSettings, type FoundRealm } from './settings.js';

/** What a run works with. */
export interface RealmOptions {
  readonly document: Pick<KeycloakRealmSyncDocument, 'create' | 'keycloakUrl' | 'realm'>;
  readonly administrator: { readonly realm: string; readonly clientId: string; readonly clientSecret: string };
  /** Holds the secrets that the realm names as variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof fetch;
}

/**
 * Brings a realm into line with what a program says of it. What the program has made is exactly as the program says, and
 * is removed with it; what was there before is changed where the program says something of it; all else stays, and so do
 * people and their passwords. A second run changes nothing.
 *
 * @throws KeycloakError when Keycloak cannot be reached or refuses, or has no such realm yet
 * @throws Error for a secret that is missing
 */
export async function applyRealm(options: RealmOptions): Promise<RealmReport> {
  const { document, administrator } = options;
  const desired = withSecrets(document.realm, options.environment);
  const api = new AdminApi({ url: document.keycloakUrl, realm: desired.realm, administrator, fetch: options.fetch });
  const created = await ensureRealm(api, document.create, desired);
  const { report } = await new RealmAlignment(api, desired).run();
  return created ? { ...report, created: [`realm ${desired.realm}`, ...report.created] } : report;
}

async function ensureRealm(api: AdminApi, create: boolean, desired: KeycloakRealmRepresentation): Promise<boolean> {
  if ((await api.find('')) !== undefined) return false;
  if (!create) {
    throw new KeycloakError(`Keycloak has no realm ${desired.realm} yet, which its operator or realm file has to make`);
  }
  await api.createRealm(desired);
  return true;
}

/** One run: each step reads what there is, and plans what is different. */
class RealmAlignment {
  private readonly changes: Changes;
  private readonly wanted: RealmOwnership;
  private owned: RealmOwnership;
  private roles: readonly FoundRole[] = [];
  private scopes: readonly FoundScope[] = [];

  public constructor(
    private readonly api: AdminApi,
    private readonly desired: KeycloakRealmRepresentation,
  ) {
    this.changes = new Changes(api);
    this.wanted = ownershipIn(desired.attributes);
    this.owned = this.wanted;
  }

  public async run(): Promise<Changes> {
    const realm = await this.api.get<FoundRealm>('');
    await this.changes.take(planSettings(this.desired, realm));
    await this.claim();
    await this.alignRoles(realm);
    await this.alignScopes();
    await this.alignClients();
    await this.alignRegistration(realm);
    await this.removeAbandoned();
    return this.changes;
  }

  private async claim(): Promise<void> {
    const realm = await this.api.get<FoundRealm>('');
    const present = {
      clients: (await this.clients()).map(({ clientId }) => clientId),
      clientScopes: (await this.readScopes()).map(({ name }) => name),
      roles: (await this.readRoles()).map(({ name }) => name),
    };
    this.owned = claimed(ownershipIn(realm.attributes), this.wanted, present);
    await this.changes.take(planOwnership(this.owned, realm));
  }

  private async alignRoles({ defaultRole }: FoundRealm): Promise<void> {
    const declared = this.desired.roles.realm.filter(({ name }) => this.wanted.roles.includes(name));
    await this.changes.take(planRoles(declared, this.roles));
    await this.readRoles();
    for (const { name, composites } of this.desired.roles.realm) {
      const isDefault = name === this.desired.defaultRole.name;
      const role = this.roles.find((other) => (isDefault ? other.id === defaultRole?.id : other.name === name));
      if (role === undefined) continue;
      const present = await this.api.get<FoundRole[]>(`/roles-by-id/${role.id}/composites`);
      const exact = this.owned.roles.includes(name);
      await this.changes.take(planInclusion({ role, wanted: composites?.realm ?? [], present, exact }, this.roles));
    }
  }

  private async alignScopes(): Promise<void> {
    await this.changes.take(planClientScopes(this.desired.clientScopes, this.scopes, this.owned.clientScopes));
    await this.readScopes();
    const lists = {
      what: 'client scopes of the realm',
      alwaysPath: '/default-default-client-scopes',
      optionalPath: '/default-optional-client-scopes',
      exact: false,
    };
    const wanted = {
      always: this.desired.defaultDefaultClientScopes,
      optional: this.desired.defaultOptionalClientScopes,
    };
    await this.changes.take(planScopeLists(lists, wanted, await this.realmLists(), this.scopes));
    for (const { id, name } of this.scopes.filter((scope) => this.wanted.clientScopes.includes(scope.name))) {
      await this.alignMappings({
        what: `client scope ${name}`,
        path: `/client-scopes/${id}/scope-mappings`,
        wanted: this.desired.scopeMappings.find(({ clientScope }) => clientScope === name)?.roles ?? [],
        exact: this.owned.clientScopes.includes(name),
      });
    }
  }

  private async alignClients(): Promise<void> {
    const declared = this.desired.clients.filter(({ clientId }) => this.wanted.clients.includes(clientId));
    await this.changes.take(planClients(declared, await this.clients(), this.owned.clients));
    const found = await this.clients();
    for (const client of declared) {
      const present = found.find(({ clientId }) => clientId === client.clientId);
      if (present !== undefined) await this.alignClient(client, present);
    }
  }

  private async alignClient(
    client: KeycloakRealmRepresentation['clients'][number],
    present: FoundClient,
  ): Promise<void> {
    const what = `client ${client.clientId}`;
    const path = `/clients/${present.id}`;
    const exact = this.owned.clients.includes(client.clientId);
    const wanted = { always: client.defaultClientScopes, optional: client.optionalClientScopes };
    const has = { always: present.defaultClientScopes ?? [], optional: present.optionalClientScopes ?? [] };
    const lists = {
      what,
      exact,
      alwaysPath: `${path}/default-client-scopes`,
      optionalPath: `${path}/optional-client-scopes`,
    };
    await this.changes.take(planScopeLists(lists, wanted, has, this.scopes));
    const mappers = client.protocolMappers ?? [];
    await this.changes.take(planMappers({ what, path, exact }, mappers, present.protocolMappers ?? []));
    await this.alignMappings({ what, path: `${path}/scope-mappings`, wanted: [], exact });
    if (!client.serviceAccountsEnabled) return;
    const account = await this.api.get<{ id: string }>(`${path}/service-account-user`);
    const declared = this.desired.users.find((user) => user.serviceAccountClientId === client.clientId);
    await this.alignMappings({
      what,
      path: `/users/${account.id}/role-mappings`,
      wanted: declared?.realmRoles ?? [],
      exact,
    });
  }

  private async alignRegistration(realm: FoundRealm): Promise<void> {
    const { components, clientPolicies, clientProfiles } = this.desired;
    const found = await this.api.get<FoundComponent[]>(`/components?type=${REGISTRATION_POLICY}`);
    await this.changes.take(planRegistration(components[REGISTRATION_POLICY] ?? [], found, realm.id));
    await this.changes.take(planProfiles(clientProfiles, await this.api.get('/client-policies/profiles')));
    await this.changes.take(planPolicies(clientPolicies, await this.api.get('/client-policies/policies')));
  }

  /** Clients before the scopes that they use, and these before the roles. */
  private async removeAbandoned(): Promise<void> {
    const gone = abandoned(this.owned, this.wanted);
    const clients = (await this.clients()).filter(({ clientId }) => gone.clients.includes(clientId));
    const scopes = this.scopes.filter(({ name }) => gone.clientScopes.includes(name));
    const roles = this.roles.filter(({ name }) => gone.roles.includes(name));
    await this.changes.take([
      ...clients.map(({ clientId, id }) => removal(`client ${clientId}`, `/clients/${id}`)),
      ...scopes.map(({ name, id }) => removal(`client scope ${name}`, `/client-scopes/${id}`)),
      ...roles.map(({ name, id }) => removal(`role ${name}`, `/roles-by-id/${id}`)),
    ]);
    await this.changes.take(planOwnership(kept(this.owned, this.wanted), await this.api.get<FoundRealm>('')));
  }

  private async alignMappings(thing: MappedThing): Promise<void> {
    const found = await this.api.get<FoundMappings>(thing.path);
    await this.changes.take(planRoleMappings(thing, found, this.roles));
  }

  private async clients(): Promise<FoundClient[]> {
    return this.api.get<FoundClient[]>('/clients');
  }

  private async readRoles(): Promise<readonly FoundRole[]> {
    return (this.roles = await this.api.get<FoundRole[]>('/roles'));
  }

  private async readScopes(): Promise<readonly FoundScope[]> {
    return (this.scopes = await this.api.get<FoundScope[]>('/client-scopes'));
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
