import { AddressSet, type Path } from 'agentyard/reachability';

const ANY: Readonly<Record<string, readonly string[]>> = {
  anyone: ['0.0.0.0/0', '::/0'],
  'any address': ['0.0.0.0/0', '::/0'],
  'any IPv4 address': ['0.0.0.0/0'],
  'any IPv6 address': ['::/0'],
};

/** The addresses at the other end of a path: blocks, and what is excepted from them. */
export interface Blocks {
  readonly cidrs: readonly string[];
  readonly except: readonly string[];
}

/** The addresses that a path is about; absent if it is about something else. */
export function blocksOf({ kind, peer }: Path): Blocks | undefined {
  const any = ANY[peer];
  if (any !== undefined) return { cidrs: any, except: [] };
  if (kind !== 'addresses') return undefined;
  const [cidr = '', except] = peer.split(' except ');
  return { cidrs: [cidr], except: except?.split(', ') ?? [] };
}

/** A block of addresses among others, none of which overlaps another in part. */
export interface Atom {
  readonly cidr: string;
  readonly parent?: string;
  /** An address of it that is in no smaller block, if there is one. Policies treat all of these alike. */
  readonly sample?: string;
}

/** Blocks with their places in each other, larger ones first. */
export function atomsOf(texts: Iterable<string>): Atom[] {
  const sets = new Map<string, AddressSet>();
  for (const text of texts) {
    const set = AddressSet.of(text);
    const isKnown = [...sets.values()].some((other) => other.contains(set) && set.contains(other));
    if (!isKnown) sets.set(text, set);
  }
  const entries = [...sets];
  const within = ([a, inner]: Entry, [b, outer]: Entry) => a !== b && outer.contains(inner);
  const atoms = entries.map((entry) => {
    const around = entries.filter((other) => within(entry, other));
    const parent = around.find((one) => !around.some((other) => within(other, one)))?.[0];
    const inside = entries.filter((other) => within(other, entry));
    const rest = inside.reduce((left, [, set]) => left.minus(set), entry[1]);
    return {
      cidr: entry[0],
      parent, // The lowest ones of all addresses are those of the machine itself.
      sample: rest.last,
      depth: around.length,
    };
  });
  return atoms.sort((a, b) => a.depth - b.depth).map(({ depth: _depth, ...atom }) => atom);
}

type Entry = readonly [text: string, set: AddressSet];
