import type { Step } from './change.js';
import type { FoundMappings, FoundRole } from './found.js';

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

/** Brings role mappings into line. @param all the roles of the realm */
export function planRoleMappings(thing: MappedThing, found: FoundMappings, all: readonly FoundRole[]): Step[] {
  const { what, path, wanted, exact } = thing;
  const step = { kind: 'changed', what } as const;
  const present = found.realmMappings ?? [];
  const missing = all.filter(({ name }) => wanted.includes(name) && !present.some((role) => role.name === name));
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
