import type { Step } from './change.js';
import { lacking } from './difference.js';
import type { FoundGroup, FoundMappings, FoundRole } from './found.js';
import { KeycloakError } from './keycloak-error.js';

/** What has role mappings: a client scope, a client, or the service account of one. */
export interface MappedThing {
  /** What it is called in reports. */
  readonly what: string;
  /** Path of its mappings. */
  readonly path: string;
  /** Names of the realm roles that are to be mapped. */
  readonly wanted: readonly string[];
  /** Whether no other roles are. */
  readonly exact: boolean;
}

/** Brings role mappings into line. @param all the realm roles that may be wanted */
export function planRoleMappings(thing: MappedThing, found: FoundMappings, all: readonly FoundRole[]): Step[] {
  const { what, path, wanted, exact } = thing;
  const step = { kind: 'changed', what } as const;
  const present = found.realmMappings ?? [];
  const names = present.map(({ name }) => name);
  const missing = lacking(wanted, names).map((name) => roleNamed(name, all, thing));
  const foreign = exact ? present.filter(({ name }) => !wanted.includes(name)) : [];
  const ofClients = exact ? Object.values(found.clientMappings ?? {}) : [];
  return [
    ...(missing.length > 0 ? [{ ...step, method: 'POST', path: `${path}/realm`, body: missing } as const] : []),
    ...(foreign.length > 0 ? [{ ...step, method: 'DELETE', path: `${path}/realm`, body: foreign } as const] : []),
    ...ofClients.map(({ id, mappings }): Step => {
      return { ...step, method: 'DELETE', path: `${path}/clients/${id}`, body: mappings };
    }),
  ];
}

/** Takes a service account out of its groups, which bring roles along. @param path of the user */
export function planGroups(what: string, path: string, groups: readonly FoundGroup[]): Step[] {
  return groups.map(({ id }) => ({ kind: 'changed', what, method: 'DELETE', path: `${path}/groups/${id}` }));
}

/** @throws KeycloakError if the realm has no such role */
export function roleNamed(
  name: string,
  all: readonly FoundRole[],
  { what, path }: Pick<MappedThing, 'what' | 'path'>,
): FoundRole {
  const role = all.find((other) => other.name === name);
  if (role !== undefined) return role;
  throw new KeycloakError({
    place: path,
    reason: `the realm has no role ${name}, which the ${what} is to have`,
    remedy: 'somebody has removed it meanwhile; the job tries again',
  });
}
