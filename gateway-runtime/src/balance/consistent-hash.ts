/** Number of different hashes. */
const RANGE = 2 ** 32;

/** A hash of 32 bits, the same in every replica: FNV-1a over the code units, then mixed. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

/** The score that a node has with a key: uniform, and independent of what it has with other keys. */
function scoreOf(key: number, node: number): number {
  return mixed(mixed(key ^ node) + node);
}

/** The finalizer of MurmurHash3: each bit of the input moves half of those of the output. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Picks an item for a key by rendezvous hashing: the share of the keys follows the weights, and when an item comes or
 * goes, only keys move that move to it or were its own.
 */
export function chooseByKey<T extends { readonly weight: number }>(
  items: readonly T[],
  key: number,
  nameOf: (item: T) => string,
): T | undefined {
  let best: T | undefined;
  let highest = -Infinity;
  for (const item of items) {
    if (item.weight <= 0) continue;
    // Exponential in the weight, so that the probability to be the highest is proportional to it.
    const score = item.weight / -Math.log((scoreOf(key, hashOf(nameOf(item))) + 0.5) / RANGE);
    if (score > highest) [best, highest] = [item, score];
  }
  return best;
}

/** Hashes of lists of nodes; a list is hashed once. */
const hashes = new WeakMap<readonly string[], Uint32Array>();

/**
 * Picks a node for a key by rendezvous hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam, 2018): the best one
 * of those that have less than `loadFactor` times the mean, this request counted in.
 *
 * @param loadOf what a node works on at present
 */
export function chooseNode(
  nodes: readonly string[],
  key: number,
  loadFactor: number,
  loadOf: (node: string) => number,
): string | undefined {
  let total = 1;
  for (const node of nodes) total += loadOf(node);
  const capacity = Math.ceil((loadFactor * total) / nodes.length);
  const hashed = hashesOf(nodes);
  let best: string | undefined;
  let highest = -1;
  for (let i = 0; i < nodes.length; i += 1) {
    const node = nodes[i]!;
    const score = scoreOf(key, hashed[i]!);
    // Equal scores are decided by name, as the order of nodes differs from replica to replica.
    if (score < highest || (score === highest && node < best!) || loadOf(node) >= capacity) continue;
    [best, highest] = [node, score];
  }
  return best;
}

function hashesOf(nodes: readonly string[]): Uint32Array {
  const known = hashes.get(nodes);
  if (known !== undefined) return known;
  const made = Uint32Array.from(nodes, hashOf);
  hashes.set(nodes, made);
  return made;
}
