import type { KeycloakClientScope } from 'agentyard/contract';
import type { Step } from './change.js';
import { differing, lacking } from './difference.js';
import type { FoundScope } from './found.js';
import { KeycloakError } from './keycloak-error.js';
import { isOwned, unmarked } from './ownership.js';
import { planMappers } from './protocol-mappers.js';

/** Makes the client scopes that are missing, and brings the others into line. */
export function planClientScopes(desired: readonly KeycloakClientScope[], found: readonly FoundScope[]): Step[] {
  return desired.flatMap((scope): Step[] => {
    const present = found.find(({ name }) => name === scope.name);
    const what = `client scope ${scope.name}`;
    if (present === undefined) return [{ kind: 'created', what, method: 'POST', path: '/client-scopes', body: scope }];
    return planClientScope(what, scope, present);
  });
}

function planClientScope(what: string, scope: KeycloakClientScope, present: FoundScope): Step[] {
  const { protocolMappers, attributes: _attributes, ...own } = scope;
  const path = `/client-scopes/${present.id}`;
  const exact = isOwned(scope, present);
  const attributes = changedAttributes(scope, present, exact);
  const changes = { ...differing(own, present), ...attributes };
  const body = { ...own, attributes: { ...present.attributes, ...attributes } };
  return [
    ...(Object.keys(changes).length > 0 ? [{ kind: 'changed', what, method: 'PUT', path, body } as const] : []),
    ...planMappers({ what, path, exact }, protocolMappers, present.protocolMappers ?? []),
  ];
}

/** Attributes to set, and those to remove: of a client scope Keycloak removes one that is sent as null. */
function changedAttributes(
  scope: KeycloakClientScope,
  { attributes: present = {} }: FoundScope,
  exact: boolean,
): Readonly<Record<string, string | null | undefined>> {
  if (!exact) return differing(unmarked(scope.attributes), present);
  const foreign = Object.keys(present).filter((key) => !(key in scope.attributes));
  return { ...differing(scope.attributes, present), ...Object.fromEntries(foreign.map((key) => [key, null])) };
}

/** Which client scopes clients get, and may ask for. */
export interface ScopeLists {
  readonly always: readonly string[];
  readonly optional: readonly string[];
}

/** Where the lists of the realm, or of a client, are. */
export interface ScopeListsOwner {
  readonly what: string;
  readonly alwaysPath: string;
  readonly optionalPath: string;
  /** Whether no other scopes are in its lists. */
  readonly exact: boolean;
}

/** Brings lists of client scopes into line. A scope is in one of them only, so it leaves the wrong one first. */
export function planScopeLists(
  { what, alwaysPath, optionalPath, exact }: ScopeListsOwner,
  desired: ScopeLists,
  found: ScopeLists,
  all: readonly FoundScope[],
): Step[] {
  const steps = (method: 'PUT' | 'DELETE', path: string, names: readonly string[]) =>
    names.map((name): Step => ({ kind: 'changed', what, method, path: `${path}/${idOf(name, all, path)}` }));
  const wanted = [...desired.always, ...desired.optional];
  const misplaced = (list: readonly string[], right: readonly string[]) =>
    lacking(list, right).filter((name) => exact || wanted.includes(name));
  return [
    ...steps('DELETE', alwaysPath, misplaced(found.always, desired.always)),
    ...steps('DELETE', optionalPath, misplaced(found.optional, desired.optional)),
    ...steps('PUT', alwaysPath, lacking(desired.always, found.always)),
    ...steps('PUT', optionalPath, lacking(desired.optional, found.optional)),
  ];
}

/** @throws KeycloakError if the realm has no such client scope */
function idOf(name: string, all: readonly FoundScope[], place: string): string {
  const scope = all.find((other) => other.name === name);
  if (scope !== undefined) return scope.id;
  const remedy = 'somebody has removed it meanwhile; the job tries again';
  throw new KeycloakError({ place, reason: `the realm has no client scope ${name}`, remedy });
}
