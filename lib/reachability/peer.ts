import type { AddressSet } from './address-set';
import type { Match } from './match';
import type { Namespaces } from './namespaces';
import type { Party } from './party';
import type { PodLookup } from './pod-selector';

/** Whom a rule is about. Its text stands in answers. */
export interface Peer {
  /** Addresses by which it tells parties apart, if it does. */
  readonly addresses?: AddressSet;
  /** Namespaces that it names, if it means pods by their namespace. */
  readonly namespaceNames?: readonly string[];
  match(party: Party): Match;
  /** Where to look for workloads that it may mean; absent: it means none. */
  lookup(): PodLookup | undefined;
  /** Parties that stand for whom it means beside workloads of the program, which are those that it may mean. */
  standIns(space: PartySpace, workloads: readonly Party[]): Party[];
  toString(): string;
}

/** What is needed to make parties. */
export interface PartySpace {
  readonly namespaces: Namespaces;
  readonly clusterAddresses: AddressSet;
}
