import type { AddressSet } from './address-set';
import type { Match } from './match';
import type { Namespaces } from './namespaces';
import type { Party } from './party';
import type { PodLookup } from './pod-selector';

/** Whom a rule is about. Its text stands in answers. */
export interface Peer {
  readonly kind: 'pods' | 'addresses' | 'hosts' | 'entity';
  /** Addresses by which it tells parties apart, if it does. */
  readonly addresses?: AddressSet;
  match(party: Party): Match;
  /** Where to look for workloads that it may mean; absent: it means none. */
  lookup(): PodLookup | undefined;
  /** Parties that stand for whom it means beside the workloads of the program. */
  standIns(space: PartySpace): Party[];
  toString(): string;
}

/** What is needed to make parties. */
export interface PartySpace {
  readonly namespaces: Namespaces;
  readonly clusterAddresses: AddressSet;
}
