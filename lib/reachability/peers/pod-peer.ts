import type { Match } from '../match';
import type { Party } from '../party';
import type { PartySpace, Peer } from '../peer';
import type { PodLookup, PodSelection } from '../pod-selector';

/** Pods by a selector. */
export class PodPeer implements Peer {
  public readonly kind = 'pods';

  public constructor(private readonly selection: PodSelection) {}

  public match({ pods }: Party): Match {
    return pods === undefined ? 'no' : this.selection.match(pods);
  }

  public lookup(): PodLookup {
    return this.selection.lookup();
  }

  public standIns({ namespaces, clusterAddresses }: PartySpace): Party[] {
    const pods = this.selection.selected(namespaces);
    return [{ title: this.toString(), pods, hostNames: [], addresses: clusterAddresses }];
  }

  public toString(): string {
    return this.selection.toString();
  }
}
