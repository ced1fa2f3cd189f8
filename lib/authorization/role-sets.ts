import { ANY_CALLER, type Auth } from '../contract';
import type { Candidate } from './call-path';
import { credentialFor, inseparableRoles } from './credential';

type RoleSet = readonly string[];

/**
 * The fewest roles with which one of some ways is open: `[]` for every caller, `['a']` for role a, `['a', 'b']` for whoever
 * has both. Without sets that include another one.
 *
 * @param open candidates that are open to some
 */
export function fewestRoles(open: readonly Candidate[]): string[][] {
  const sets = new Map(open.flatMap(setsOf).map((set): [string, RoleSet] => [JSON.stringify(set), set]));
  const all = [...sets.values()];
  const fewest = all.filter((set) => !all.some((other) => other.length < set.length && isWithin(other, set)));
  return fewest.map((set) => [...set]).sort((a, b) => a.length - b.length || (a.join(' ') < b.join(' ') ? -1 : 1));
}

/** Sets of roles with which a way is open, the fewest among them. */
function setsOf({ checks }: Candidate): RoleSet[] {
  const auth = checks.find((check) => check.kind === 'credential')?.auth;
  const demands = checks.flatMap((check) =>
    check.kind === 'roles' && check.allowed !== ANY_CALLER ? [check.allowed] : [],
  );
  const distinct = [
    ...new Map(demands.map((roles): [string, RoleSet] => [[...roles].sort().join(' '), roles])).values(),
  ];
  const chosen = distinct.reduce<RoleSet[]>(
    (sets, roles) => sets.flatMap((set) => (meets(set, roles) ? [set] : roles.map((role) => [...set, role].sort()))),
    [[]],
  );
  const brought = chosen.filter((set) => isBrought(auth, set));
  const whole = inseparableRoles(auth).filter((set) => distinct.every((roles) => meets(set, roles)));
  return [...brought, ...whole];
}

function isBrought(auth: Auth | undefined, set: RoleSet): boolean {
  return credentialFor(auth, set) !== undefined;
}

function meets(set: RoleSet, demand: RoleSet): boolean {
  return demand.some((role) => set.includes(role));
}

function isWithin(set: RoleSet, other: RoleSet): boolean {
  return set.every((role) => other.includes(role));
}
