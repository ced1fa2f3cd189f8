import { OWNERSHIP_ATTRIBUTE, parseValue, realmOwnership, type RealmOwnership } from 'agentyard/contract';
import { lacking } from './difference.js';

type Attributes = Readonly<Record<string, string>>;

const KINDS = ['clients', 'clientScopes', 'roles'] as const;

/** What a realm says that a program has made in it; nothing if it says nothing that can be read. */
export function ownershipIn(attributes: Attributes = {}): RealmOwnership {
  try {
    const text = attributes[OWNERSHIP_ATTRIBUTE] ?? '{}';
    return parseValue(realmOwnership, JSON.parse(text), OWNERSHIP_ATTRIBUTE);
  } catch {
    return parseValue(realmOwnership, {}, OWNERSHIP_ATTRIBUTE);
  }
}

/**
 * What is the program's while a run lasts: what was before, and what it is about to make. It is noted before anything is
 * made, so that a run that breaks off leaves nothing that no later one removes.
 */
export function claimed(before: RealmOwnership, desired: RealmOwnership, present: RealmOwnership): RealmOwnership {
  return each((kind) => [...before[kind], ...lacking(lacking(desired[kind], present[kind]), before[kind])]);
}

/** What is the program's at the end: what is not in the program any more is gone. */
export function kept(during: RealmOwnership, desired: RealmOwnership): RealmOwnership {
  return each((kind) => during[kind].filter((name) => desired[kind].includes(name)));
}

/** What is the program's and not in the program any more. */
export function abandoned(during: RealmOwnership, desired: RealmOwnership): RealmOwnership {
  return each((kind) => lacking(during[kind], desired[kind]));
}

/** The attribute that says so. */
export function ownershipText(ownership: RealmOwnership): string {
  return JSON.stringify(each((kind) => [...ownership[kind]].sort()));
}

function each(names: (kind: (typeof KINDS)[number]) => string[]): RealmOwnership {
  return { clients: names('clients'), clientScopes: names('clientScopes'), roles: names('roles') };
}
