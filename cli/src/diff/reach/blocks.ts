import { AddressSet } from 'agentyard/reachability';

/** Addresses that lead back to who calls them. */
const LOOPBACK = AddressSet.of('127.0.0.0/8', '::1', '0.0.0.0', '::');

/** Whether a block has no addresses of other machines. */
export function isLoopback(block: string): boolean {
  return LOOPBACK.contains(AddressSet.of(block));
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
    const rest = inside.reduce((left, [, set]) => left.minus(set), entry[1].minus(LOOPBACK));
    return { cidr: entry[0], parent, sample: rest.last, depth: around.length };
  });
  return atoms.sort((a, b) => a.depth - b.depth).map(({ depth: _depth, ...atom }) => atom);
}

type Entry = readonly [text: string, set: AddressSet];
