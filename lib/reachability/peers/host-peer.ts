import { AddressSet } from '../address-set';
import { PUBLIC_ADDRESSES } from '../address-space';
import type { HostPattern } from '../host-pattern';
import type { Match } from '../match';
import { isOutside, type Party } from '../party';
import type { Peer } from '../peer';
import type { PodLookup } from '../pod-selector';

/** Hosts by their DNS names. */
export class HostPeer implements Peer {
  public readonly addresses?: AddressSet;

  /**
   * @param coversPods whether pods are meant by the names of their Services too
   */
  public constructor(
    private readonly patterns: readonly HostPattern[],
    private readonly coversPods: boolean,
  ) {
    // Whoever owns a name decides where it leads, so if every name is open then every address is.
    if (patterns.some(({ isEveryName }) => isEveryName)) this.addresses = AddressSet.all;
  }

  public match(party: Party): Match {
    if (!isOutside(party)) return this.coversPods && this.names(party) ? 'maybe' : 'no';
    if (this.names(party)) return 'yes';
    return this.addresses?.intersects(party.addresses) === true ? 'maybe' : 'no';
  }

  public lookup(): PodLookup | undefined {
    return this.coversPods ? { pairs: [] } : undefined;
  }

  public standIns(): Party[] {
    return this.patterns.map(({ text, sample }) => ({ title: text, hostNames: [sample], addresses: PUBLIC_ADDRESSES }));
  }

  public toString(): string {
    return this.patterns.map(({ text }) => text).join(', ');
  }

  private names({ hostNames }: Party): boolean {
    return this.patterns.some((pattern) => hostNames.some((name) => pattern.matches(name)));
  }
}
