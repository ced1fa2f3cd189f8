import { AddressSet } from '../address-set';
import { ANY_ADDRESS, anyPod } from '../anyone';
import type { Match } from '../match';
import { isOutside, type Party } from '../party';
import type { PartySpace, Peer } from '../peer';
import type { PodLookup } from '../pod-selector';

const IPV4 = AddressSet.of('0.0.0.0/0');
const IPV6 = AddressSet.all.minus(IPV4);

/** Entities outside of the cluster. */
const WORLD: Readonly<Record<string, AddressSet>> = { world: AddressSet.all, 'world-ipv4': IPV4, 'world-ipv6': IPV6 };

/** Entities that mean pods, and therefore workloads of the program. */
const WITH_PODS = ['all', 'cluster', 'cluster-mesh', 'unmanaged'];

/** Entities that Cilium knows, and `nodes` for what ClusterNetworkPolicy calls so. */
export const ENTITIES: readonly string[] = [
  ...WITH_PODS,
  'world',
  'world-ipv4',
  'world-ipv6',
  'host',
  'remote-node',
  'kube-apiserver',
  'ingress',
  'init',
  'health',
  'none',
];

/** A part of the world that is not selected by labels, addresses or names. */
export class EntityPeer implements Peer {
  public readonly addresses?: AddressSet;

  public constructor(private readonly name: string) {
    this.addresses = WORLD[name];
  }

  public match(party: Party): Match {
    if (this.name === 'all') return 'yes';
    if (isOutside(party)) return this.matchOutside(party);
    if (party.entity !== undefined) return this.matchEntity(party.entity);
    if (this.name === 'cluster' || this.name === 'cluster-mesh') return 'yes';
    return this.name === 'unmanaged' ? 'maybe' : 'no';
  }

  public lookup(): PodLookup | undefined {
    return WITH_PODS.includes(this.name) ? { pairs: [] } : undefined;
  }

  public standIns({ clusterAddresses }: PartySpace): Party[] {
    switch (this.name) {
      case 'none':
        return [];
      case 'all':
        return [ANY_ADDRESS, anyPod(clusterAddresses)];
      case 'world':
        return [ANY_ADDRESS];
      case 'world-ipv4':
        return [{ ...ANY_ADDRESS, title: 'any IPv4 address', addresses: IPV4 }];
      case 'world-ipv6':
        return [{ ...ANY_ADDRESS, title: 'any IPv6 address', addresses: IPV6 }];
      case 'cluster':
      case 'cluster-mesh':
      case 'unmanaged':
        return [anyPod(clusterAddresses)];
      default:
        return [{ title: this.toString(), entity: this.name, hostNames: [], addresses: AddressSet.all }];
    }
  }

  public toString(): string {
    return this.name === 'nodes' ? 'the nodes of the cluster' : `the entity ${this.name}`;
  }

  private matchOutside({ addresses }: Party): Match {
    if (this.addresses === undefined) return 'no';
    if (this.addresses.contains(addresses)) return 'yes';
    return this.addresses.intersects(addresses) ? 'maybe' : 'no';
  }

  private matchEntity(entity: string): Match {
    if (entity === this.name || this.name === 'cluster' || this.name === 'cluster-mesh') return 'yes';
    // The API server may run on the nodes, or be somebody else's machine.
    const wider = ['host', 'remote-node', 'nodes', 'world', 'world-ipv4', 'world-ipv6'];
    return entity === 'kube-apiserver' && wider.includes(this.name) ? 'maybe' : 'no';
  }
}
