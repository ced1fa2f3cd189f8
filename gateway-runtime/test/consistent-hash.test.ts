import fc from 'fast-check';
import { chooseByKey, chooseNode, hashOf } from '../src/balance/consistent-hash';

const KEYS = 2_000;
const origin = fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `http://10.0.${a}.${b}:8080`);
const origins = fc.uniqueArray(origin, { minLength: 2, maxLength: 20 });
const seed = fc.nat();
const idle = () => 0;

/** Hashes of session ids that look like those of one client. */
const keysOf = (from: number, count = KEYS): number[] =>
  Array.from({ length: count }, (_, i) => hashOf(`user\nsession-${from + i}`));

const placed = (keys: readonly number[], nodes: readonly string[]) =>
  keys.map((key) => chooseNode(nodes, key, 1.25, idle));

/** How far a share of so many trials may be off without any doubt: five standard deviations. */
const slack = (share: number, trials = KEYS) => 5 * Math.sqrt((share * (1 - share)) / trials);

describe('chooseNode', () => {
  it('moves no key but those of a node that goes, which are about 1/n, and none back but to a node that comes', () => {
    fc.assert(
      fc.property(origins, seed, fc.nat(), (nodes, from, which) => {
        const gone = nodes[which % nodes.length];
        const keys = keysOf(from);
        const before = placed(keys, nodes);
        const after = placed(
          keys,
          nodes.filter((node) => node !== gone),
        );
        const moved = before.filter((node, i) => node !== after[i]);
        expect(new Set(moved)).toEqual(new Set(moved.length === 0 ? [] : [gone]));
        expect(after).not.toContain(gone);
        expect(moved.length / KEYS).toBeLessThan(1 / nodes.length + slack(1 / nodes.length));
      }),
      { numRuns: 25 },
    );
  });

  it('gives each node its share of the keys', () => {
    fc.assert(
      fc.property(origins, seed, (nodes, from) => {
        const share = 1 / nodes.length;
        const all = placed(keysOf(from), nodes);
        for (const node of nodes) {
          const own = all.filter((other) => other === node).length / KEYS;
          expect(Math.abs(own - share)).toBeLessThan(slack(share));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('is the same in every replica, in whatever order it lists the nodes', () => {
    fc.assert(
      fc.property(origins, seed, (nodes, from) => {
        const keys = keysOf(from, 200);
        expect(placed(keys, nodes)).toEqual(placed(keys, [...nodes].sort().reverse()));
      }),
    );
  });

  it('never gives a node more than the load factor times the mean, whatever the keys', () => {
    const factor = fc.double({ min: 1, max: 4, noNaN: true });
    // Few keys, as of many requests of few sessions.
    const sequence = fc.array(fc.nat(3), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(origins, factor, sequence, (nodes, loadFactor, list) => {
        const load = new Map<string, number>();
        const excess = list.filter((key, i) => {
          const node = chooseNode(nodes, hashOf(String(key)), loadFactor, (one) => load.get(one) ?? 0)!;
          load.set(node, (load.get(node) ?? 0) + 1);
          return load.get(node)! > Math.ceil((loadFactor * (i + 1)) / nodes.length);
        });
        expect(excess).toEqual([]);
      }),
    );
  });

  it('gives a key its own node as long as there is room', () => {
    fc.assert(
      fc.property(origins, seed, (nodes, from) => {
        for (const key of keysOf(from, 10)) {
          const own = chooseNode(nodes, key, 1.25, idle)!;
          // All have as much to do: nobody is above the mean.
          expect(chooseNode(nodes, key, 1.25, () => 8)).toBe(own);
          expect(chooseNode(nodes, key, 1.25, (node) => (node === own ? 100 : 0))).not.toBe(own);
        }
      }),
    );
  });

  it('finds nothing among nothing', () => {
    expect(chooseNode([], 1, 1.25, idle)).toBeUndefined();
  });
});

describe('chooseByKey', () => {
  const items = fc.uniqueArray(fc.record({ agent: fc.stringMatching(/^[a-z]{1,8}$/), weight: fc.nat(100) }), {
    minLength: 1,
    maxLength: 6,
    selector: ({ agent }) => agent,
  });
  const nameOf = ({ agent }: { agent: string }) => agent;

  it('gives each item its share by weight, and none to weight 0', () => {
    fc.assert(
      fc.property(items, seed, (list, from) => {
        const total = list.reduce((sum, { weight }) => sum + weight, 0);
        const chosen = keysOf(from).map((key) => chooseByKey(list, key, nameOf));
        for (const item of list) {
          const share = total === 0 ? 0 : item.weight / total;
          const own = chosen.filter((other) => other === item).length / KEYS;
          expect(Math.abs(own - share)).toBeLessThanOrEqual(slack(share));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('moves no key but those of an item that goes', () => {
    fc.assert(
      fc.property(items, seed, fc.nat(), (list, from, which) => {
        const gone = list[which % list.length];
        const left = list.filter((item) => item !== gone);
        const moved = keysOf(from, 500).filter((key) => {
          const before = chooseByKey(list, key, nameOf);
          return before !== gone && chooseByKey(left, key, nameOf) !== before;
        });
        expect(moved).toEqual([]);
      }),
    );
  });
});
