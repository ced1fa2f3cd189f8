import type { KeycloakRealmRepresentation, KeycloakRealmSyncDocument } from 'agentyard/contract';
import { AdminApi } from './admin-api.js';
import type { RealmReport } from './change.js';
import { withDefaultRole } from './default-role.js';
import type { FoundRealm } from './found.js';
import { KeycloakError } from './keycloak-error.js';
import { RealmAlignment } from './realm-alignment.js';
import { withPasswords, withSecrets } from './secrets.js';

/** What a run works with. */
export interface RealmOptions {
  readonly document: Pick<KeycloakRealmSyncDocument, 'create' | 'keycloakUrl' | 'owner' | 'realm'>;
  readonly administrator: { readonly realm: string; readonly clientId: string; readonly clientSecret: string };
  /** Holds the secrets that the realm names as variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof fetch;
}

/**
 * Brings a realm into line with what a program says of it. What carries the mark of the program is exactly as it says, and
 * is removed with it; what was there before has at least what the program says; all else stays, and so do people and their
 * passwords. A second run changes nothing.
 *
 * @throws KeycloakError when Keycloak cannot be reached or refuses, or has no such realm yet; for a secret that is missing;
 *   and, before anything is changed, for what another program has made
 */
export async function applyRealm(options: RealmOptions): Promise<RealmReport> {
  const { document, administrator, environment, fetch } = options;
  const desired = withSecrets(document.realm, environment);
  const api = new AdminApi({ url: document.keycloakUrl, realm: desired.realm, administrator, fetch });
  const found = await api.findRealm<FoundRealm>();
  if (found === undefined) await createRealm(api, document.create, withPasswords(desired, environment));
  const realm = found ?? (await api.get<FoundRealm>(''));
  const alignment = new RealmAlignment(api, withDefaultRole(desired, realm.defaultRole?.name), document.owner);
  const report = await alignment.run(realm);
  return found === undefined ? { ...report, created: [`realm ${desired.realm}`, ...report.created] } : report;
}

async function createRealm(api: AdminApi, mayCreate: boolean, desired: KeycloakRealmRepresentation): Promise<void> {
  if (mayCreate) return api.createRealm(desired);
  throw new KeycloakError({
    place: `/admin/realms/${encodeURIComponent(desired.realm)}`,
    reason: `Keycloak has no realm ${desired.realm} yet, which its operator or realm file has to make`,
    remedy: 'see what became of the import, or let the job make it: KeycloakDelivery.adminApi(); it tries again',
  });
}
