import type { KeycloakRole } from 'agentyard/contract';
import type { Step } from './change.js';
import { differing } from './difference.js';
import type { FoundRole } from './found.js';
import { isOwned } from './ownership.js';
import { roleNamed } from './role-mappings.js';

/** Makes the roles that are missing, and brings the others into line, but for what they include. */
export function planRoles(desired: readonly KeycloakRole[], found: readonly FoundRole[]): Step[] {
  return desired.flatMap(({ name, description, attributes }): Step[] => {
    const role = found.find((other) => other.name === name);
    const what = `role ${name}`;
    const own = { description, attributes };
    if (role === undefined) return [{ kind: 'created', what, method: 'POST', path: '/roles', body: { name, ...own } }];
    const wanted = isOwned({ attributes }, role) ? own : { description };
    if (Object.keys(differing(wanted, role)).length === 0) return [];
    return [{ kind: 'changed', what, method: 'PUT', path: `/roles-by-id/${role.id}`, body: { ...role, ...wanted } }];
  });
}

/** What a role includes. */
export interface Inclusion {
  readonly role: FoundRole;
  /** Names of the realm roles that it is to include. */
  readonly wanted: readonly string[];
  readonly present: readonly FoundRole[];
  /** Whether a role that is not wanted leaves it. */
  readonly leaves: (role: FoundRole) => boolean;
}

/** Brings what a role includes into line. @param all the realm roles that may be wanted */
export function planInclusion({ role, wanted, present, leaves }: Inclusion, all: readonly FoundRole[]): Step[] {
  const step = { kind: 'changed', what: `role ${role.name}`, path: `/roles-by-id/${role.id}/composites` } as const;
  const isWanted = ({ clientRole, name }: FoundRole) => !clientRole && wanted.includes(name);
  const missing = wanted
    .map((name) => roleNamed(name, all, step))
    .filter((other) => !present.some(({ id }) => id === other.id));
  const foreign = present.filter((other) => !isWanted(other) && leaves(other));
  return [
    ...(missing.length > 0 ? [{ ...step, method: 'POST', body: missing } as const] : []),
    ...(foreign.length > 0 ? [{ ...step, method: 'DELETE', body: foreign } as const] : []),
  ];
}
