import { AddressSet } from '../address-set';
import type { Match } from '../match';
import type { Party } from '../party';
import type { Peer } from '../peer';
import type { PodLookup } from '../pod-selector';

/** A block of addresses, without the parts of it that are excepted. */
interface Block {
  readonly text: string;
  readonly addresses: AddressSet;
}

/** Addresses by blocks. */
export class BlockPeer implements Peer {
  /**
   * @param coversPods whether pods are meant by their addresses too; for Cilium they are not
   */
  public static of(cidr: string, except: readonly string[], coversPods: boolean): BlockPeer {
    const addresses = AddressSet.of(cidr).minus(AddressSet.of(...except));
    const text = except.length === 0 ? cidr : `${cidr} except ${except.join(', ')}`;
    return new BlockPeer([{ text, addresses }], coversPods);
  }

  /** The same peers, where blocks are one: a name may lead to several of them, and is covered if all together are. */
  public static joined(peers: readonly Peer[]): Peer[] {
    const [first, ...more] = peers.filter((peer) => peer instanceof BlockPeer);
    if (first === undefined || more.length === 0) return [...peers];
    const blocks = [first, ...more].flatMap((peer) => peer.blocks);
    return [...peers.filter((peer) => !(peer instanceof BlockPeer)), new BlockPeer(blocks, first.coversPods)];
  }

  public readonly addresses: AddressSet;

  private constructor(
    private readonly blocks: readonly Block[],
    private readonly coversPods: boolean,
  ) {
    this.addresses = blocks.reduce((all, { addresses }) => all.union(addresses), AddressSet.of());
  }

  public match({ pods, addresses }: Party): Match {
    if (pods !== undefined && !this.coversPods) return 'no';
    if (this.addresses.contains(addresses)) return 'yes';
    return this.addresses.intersects(addresses) ? 'maybe' : 'no';
  }

  public lookup(): PodLookup | undefined {
    return this.coversPods ? { pairs: [] } : undefined;
  }

  public standIns(): Party[] {
    return this.blocks
      .filter(({ addresses }) => !addresses.isEmpty)
      .map(({ text, addresses }) => ({ title: text, hostNames: [], addresses }));
  }

  public toString(): string {
    return this.blocks.map(({ text }) => text).join(', ');
  }
}
