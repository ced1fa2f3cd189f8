import type { KeycloakRole } from 'agentyard/contract';
import type { Step } from './change.js';
import { isSame } from './difference.js';
import type { FoundRole } from './found.js';

/** Makes the roles that are missing, and sets their descriptions. */
export function planRoles(desired: readonly KeycloakRole[], found: readonly FoundRole[]): Step[] {
  return desired.flatMap(({ name, description }): Step[] => {
    const role = found.find((other) => other.name === name);
    const what = `role ${name}`;
    if (role === undefined) {
      return [{ kind: 'created', what, method: 'POST', path: '/roles', body: { name, description } }];
    }
    if (isSame(role.description, description)) return [];
    return [{ kind: 'changed', what, method: 'PUT', path: `/roles-by-id/${role.id}`, body: { ...role, description } }];
  });
}

/** What a role includes. */
export interface Inclusion {
  readonly role: FoundRole;
  /** Names of the realm roles that it is to include. */
  readonly wanted: readonly string[];
  readonly present: readonly FoundRole[];
  /** Whether it includes nothing else. */
  readonly exact: boolean;
}

/** Brings what a role includes into line. */
export function planInclusion({ role, wanted, present, exact }: Inclusion, all: readonly FoundRole[]): Step[] {
  const step = { kind: 'changed', what: `role ${role.name}`, path: `/roles-by-id/${role.id}/composites` } as const;
  const isWanted = ({ clientRole, name }: FoundRole) => !clientRole && wanted.includes(name);
  const missing = all.filter((other) => isWanted(other) && !present.some(({ id }) => id === other.id));
  const foreign = exact ? present.filter((other) => !isWanted(other)) : [];
  return [
    ...(missing.length > 0 ? [{ ...step, method: 'POST', body: missing } as const] : []),
    ...(foreign.length > 0 ? [{ ...step, method: 'DELETE', body: foreign } as const] : []),
  ];
}
