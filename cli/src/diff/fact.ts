import { AddressSet } from 'agentyard/reachability';
import type { Change, Group } from './change.js';

/** Something that holds on one side. Facts with the same group, owner and subject are about the same. */
export type Fact = Grant | Addresses | Restriction | Limit | Setting;

/** The object that a fact is about. */
export interface Owner {
  readonly kind: string;
  /** How reports call it. */
  readonly place: string;
}

interface About {
  readonly group: Group;
  readonly owner: Owner;
  readonly subject: string;
  /** Put before texts, such as the container that it is about. */
  readonly prefix: string;
  readonly text: string;
  /** Mark of what it is a property of. Without that on one of the sides its absence there says nothing. */
  readonly of: string;
}

/** Something that is permitted: `reads Secret x`. */
export interface Grant extends About {
  readonly kind: 'grant';
  /** Subjects of the same owner and group that permit it too. */
  readonly within: readonly string[];
}

/** Addresses that are open to it, and none if it is absent: `lets in`. */
export interface Addresses extends About {
  readonly kind: 'addresses';
  readonly blocks: readonly string[];
}

/** Something that holds back: `an AppArmor profile`. */
export interface Restriction extends About {
  readonly kind: 'restriction';
}

/** A number that limits; if it is absent there is no limit. */
export interface Limit extends About {
  readonly kind: 'limit';
  readonly value: number;
  /** The value, as people write it. */
  readonly shown: string;
}

/** Something that is one way or another. */
export interface Setting extends About {
  readonly kind: 'setting';
  readonly value: string;
  /** Whether another value may permit more. */
  readonly mayPermit: boolean;
  /** Whether values may be shown. */
  readonly isShown: boolean;
}

/** The facts of one side, and the marks of what is there. */
export interface FactSheet {
  readonly facts: readonly Fact[];
  readonly marks: ReadonlySet<string>;
}

/** What the facts of the new side permit that those of the old one do not, and the other way round. */
export function compareFacts(before: FactSheet, after: FactSheet): Change[] {
  const old = byKey(before.facts);
  const fresh = byKey(after.facts);
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((key) => {
    const was = old.get(key);
    const is = fresh.get(key);
    const fact = (is ?? was) as Fact;
    if (fact.kind === 'grant') return grantChange(fact, holds(fact, old), holds(fact, fresh));
    if (fact.kind === 'addresses') return blockChanges(fact, was as Addresses | undefined, is as Addresses | undefined);
    if (!before.marks.has(fact.of) || !after.marks.has(fact.of)) return [];
    switch (fact.kind) {
      case 'restriction':
        return restrictionChange(fact, was !== undefined, is !== undefined);
      case 'limit':
        return limitChange(was as Limit | undefined, is as Limit | undefined);
      case 'setting':
        return settingChange(was as Setting | undefined, is as Setting | undefined);
    }
  });
}

function byKey(facts: readonly Fact[]): Map<string, Fact> {
  return new Map(facts.map((fact) => [keyOf(fact, fact.subject), fact]));
}

function keyOf({ kind, group, owner }: Fact, subject: string): string {
  return JSON.stringify([kind, group, owner.kind, owner.place, subject]);
}

function holds(fact: Grant, facts: ReadonlyMap<string, Fact>): boolean {
  return [fact.subject, ...fact.within].some((subject) => facts.has(keyOf(fact, subject)));
}

function told({ group, owner, subject, prefix }: About, sign: Change['sign'], text: string): Change[] {
  return [{ sign, group, place: owner.place, subject, text: prefix + text }];
}

function grantChange(fact: Grant, was: boolean, is: boolean): Change[] {
  if (was === is) return [];
  return is ? told(fact, '+', fact.text) : told(fact, '-', lost(fact.text));
}

function blockChanges(fact: Addresses, was?: Addresses, is?: Addresses): Change[] {
  const more = newBlocks(was, is);
  const less = newBlocks(is, was);
  return [
    ...(more.length > 0 ? told(fact, '+', `${fact.text} ${more.join(', ')}`) : []),
    ...(less.length > 0 ? told(fact, '-', `${lost(fact.text)} ${less.join(', ')}`) : []),
  ];
}

/** Blocks with addresses that were not open before. */
function newBlocks(was?: Addresses, is?: Addresses): string[] {
  const known = AddressSet.of(...(was?.blocks ?? []));
  return (is?.blocks ?? []).filter((block) => !known.contains(AddressSet.of(block)));
}

function restrictionChange(fact: Restriction, was: boolean, is: boolean): Change[] {
  if (was === is) return [];
  return is ? told(fact, '-', `now has ${fact.text}`) : told(fact, '+', `no longer has ${fact.text}`);
}

function limitChange(was: Limit | undefined, is: Limit | undefined): Change[] {
  const fact = (is ?? was) as Limit;
  if (was?.value === is?.value) return [];
  if (is === undefined) return told(fact, '+', `${fact.text}: no limit, was ${was?.shown}`);
  if (was === undefined) return told(fact, '-', `${fact.text}: at most ${is.shown}, had no limit`);
  const isRaised = is.value > was.value;
  const how = isRaised ? 'raised' : 'lowered';
  return told(fact, isRaised ? '+' : '-', `${fact.text}: ${how} from ${was.shown} to ${is.shown}`);
}

function settingChange(was: Setting | undefined, is: Setting | undefined): Change[] {
  const fact = (is ?? was) as Setting;
  if (was?.value === is?.value) return [];
  if (is === undefined) return told(fact, '~', `${fact.text}: removed`);
  if (was === undefined) return told(fact, '~', `${fact.text}: added`);
  const sign = fact.mayPermit ? '+' : '~';
  return told(fact, sign, fact.isShown ? `${fact.text}: from ${was.value} to ${is.value}` : `${fact.text}: changed`);
}

/** That something holds no longer: `may no longer call`, `no longer lets`. */
function lost(text: string): string {
  return text.startsWith('may ') ? `may no longer ${text.slice('may '.length)}` : `no longer ${text}`;
}
