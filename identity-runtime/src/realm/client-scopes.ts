import type { KeycloakClientScope } from 'agentyard/contract';
import type { Step } from './change.js';
import { differing, lacking } from './difference.js';
import type { FoundScope } from './found.js';
import { planMappers } from './protocol-mappers.js';

/** Makes the client scopes that are missing, and brings the others into line. @param owned those of the program */
export function planClientScopes(
  desired: readonly KeycloakClientScope[],
  found: readonly FoundScope[],
  owned: readonly string[],
): Step[] {
  return desired.flatMap((scope): Step[] => {
    const present = found.find(({ name }) => name === scope.name);
    const what = `client scope ${scope.name}`;
    if (present === undefined) return [{ kind: 'created', what, method: 'POST', path: '/client-scopes', body: scope }];
    const { protocolMappers, attributes, ...own } = scope;
    const path = `/client-scopes/${present.id}`;
    const changes = { ...differing(own, present), ...differing(attributes, present.attributes ?? {}) };
    const body = { ...own, attributes: { ...present.attributes, ...attributes } };
    return [
      ...(Object.keys(changes).length > 0 ? [{ kind: 'changed', what, method: 'PUT', path, body } as const] : []),
      ...planMappers({ what, path, exact: owned.includes(scope.name) }, protocolMappers, present.protocolMappers ?? []),
    ];
  });
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
  const idOf = new Map(all.map(({ name, id }) => [name, id]));
  const steps = (method: 'PUT' | 'DELETE', path: string, names: readonly string[]) =>
    names.map((name): Step => ({ kind: 'changed', what, method, path: `${path}/${idOf.get(name) ?? ''}` }));
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
