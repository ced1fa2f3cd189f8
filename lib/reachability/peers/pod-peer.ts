import type { Match } from '../match';
import type { Party } from '../party';
import type { PartySpace, Peer } from '../peer';
import type { PodLookup, PodSelection } from '../pod-selector';

/** Pods by a selector. */
export class PodPeer implements Peer {
  public constructor(private readonly selection: PodSelection) {}

  public get namespaceNames(): readonly string[] {
    return this.selection.namespaceNames;
  }

  public match({ pods }: Party): Match {
    return pods === undefined ? 'no' : this.selection.match(pods);
  }

  public lookup(): PodLookup {
    return this.selection.lookup();
  }

  public standIns({ namespaces, clusterAddresses }: PartySpace, workloads: readonly Party[]): Party[] {
    const others = this.selection.beyond(workloads.flatMap(({ pods }) => pods ?? []));
    if (others === undefined) return [];
    const pods = others.selected(namespaces);
    return [{ title: others.toString(), pods, hostNames: [], addresses: clusterAddresses }];
  }

  public toString(): string {
    return this.selection.toString();
  }
}
