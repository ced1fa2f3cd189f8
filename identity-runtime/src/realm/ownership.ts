import {
  EVERY_PROGRAM,
  KEYCLOAK_CLIENTS,
  KEYCLOAK_ROLES,
  OWNER_ATTRIBUTE,
  type KeycloakRealmRepresentation,
} from 'agentyard/contract';
import type { FoundContent } from './found.js';
import { KeycloakError } from './keycloak-error.js';

/** What may carry a mark: attributes of roles are lists. */
interface Marked {
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>;
}

/** Something that the program declares and the realm has, with the marks that it should have and has. */
interface Claim {
  /** What it is called in reports: `client cli`. */
  readonly what: string;
  /** Absent for what is Keycloak's own. */
  readonly wanted?: string;
  readonly found?: string;
}

/** Something that was there before the program declared it, and has at least what the program says of it. */
export interface Unmarked {
  readonly what: string;
  /** The mark with which it is exactly as the program says. */
  readonly owner: string;
}

/** Whose something is; absent if nothing says so. */
export function ownerOf({ attributes }: Marked): string | undefined {
  const mark = attributes?.[OWNER_ATTRIBUTE];
  return (typeof mark === 'string' ? mark : mark?.join(', ')) || undefined;
}

/** Whether something has the mark that the program gives it: then it has nothing but what the program says. */
export function isOwned(desired: Marked, found: Marked): boolean {
  const owner = ownerOf(desired);
  return owner !== undefined && ownerOf(found) === owner;
}

/** Attributes without the mark. */
export function unmarked<T extends object>(attributes: T): Omit<T, typeof OWNER_ATTRIBUTE> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== OWNER_ATTRIBUTE)) as Omit<
    T,
    typeof OWNER_ATTRIBUTE
  >;
}

/** What was there before the program declared it. @throws KeycloakError for what another program has made */
export function unmarkedIn(desired: KeycloakRealmRepresentation, realm: FoundContent): Unmarked[] {
  const claims = claimsOf(desired, realm);
  const taken = claims.filter(({ wanted, found }) => wanted !== undefined && found !== undefined && found !== wanted);
  if (taken.length > 0) throw ofOthers(desired.realm, taken);
  return claims.flatMap(({ what, wanted, found }) =>
    wanted !== undefined && found === undefined ? [{ what, owner: wanted }] : [],
  );
}

/** What the program has made and does not declare any more. */
export function abandonedIn(desired: KeycloakRealmRepresentation, realm: FoundContent, owner: string): FoundContent {
  const isAbandoned = (thing: Marked, name: string, kept: readonly string[]) =>
    ownerOf(thing) === owner && !kept.includes(name);
  const clients = [...KEYCLOAK_CLIENTS, ...desired.clients.map(({ clientId }) => clientId)];
  const scopes = desired.clientScopes.map(({ name }) => name);
  const roles = [...KEYCLOAK_ROLES, ...desired.roles.realm.map(({ name }) => name)];
  return {
    clients: realm.clients.filter((client) => isAbandoned(client, client.clientId, clients)),
    scopes: realm.scopes.filter((scope) => isAbandoned(scope, scope.name, scopes)),
    roles: realm.roles.filter((role) => isAbandoned(role, role.name, roles)),
  };
}

function claimsOf(desired: KeycloakRealmRepresentation, realm: FoundContent): Claim[] {
  const byName = ({ name }: { readonly name: string }) => name;
  const byId = ({ clientId }: { readonly clientId: string }) => clientId;
  return [
    ...claimed('client', desired.clients, realm.clients, byId),
    ...claimed('client scope', desired.clientScopes, realm.scopes, byName),
    ...claimed('role', desired.roles.realm, realm.roles, byName),
  ];
}

function claimed<N>(
  kind: string,
  desired: readonly (N & Marked)[],
  found: readonly (N & Marked)[],
  nameOf: (thing: N) => string,
): Claim[] {
  return desired.flatMap((thing) => {
    const present = found.find((other) => nameOf(other) === nameOf(thing));
    if (present === undefined) return [];
    return [{ what: `${kind} ${nameOf(thing)}`, wanted: ownerOf(thing), found: ownerOf(present) }];
  });
}

function ofOthers(realm: string, taken: readonly Claim[]): KeycloakError {
  const things = taken.map(
    ({ what, wanted, found }) => `the ${what} is of ${named(found)}, and ${named(wanted)} declares it`,
  );
  return new KeycloakError({
    place: `/admin/realms/${encodeURIComponent(realm)}`,
    reason: `${things.join('; ')}, too. Nothing was changed`,
    remedy: `declare it in one program alone under this name; if the other one is gone, remove its attribute ${OWNER_ATTRIBUTE}`,
  });
}

const named = (owner = '') => (owner === EVERY_PROGRAM ? 'every program' : `the program "${owner}"`);
