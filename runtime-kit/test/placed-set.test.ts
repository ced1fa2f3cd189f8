import fc from 'fast-check';
import { PlacedSet } from '../src/placed-set';

it('has what a Set has, whatever comes and goes', () => {
  const step = fc.record({ adds: fc.boolean(), which: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const all = Array.from({ length: 10 }, (_, name) => ({ name, place: -1 }));
      const [placed, set] = [new PlacedSet<(typeof all)[number]>(), new Set<(typeof all)[number]>()];
      for (const { adds, which } of steps) {
        const member = all[which]!;
        if (!adds) placed.delete(member);
        else if (!set.has(member)) placed.add(member);
        if (adds) set.add(member);
        else set.delete(member);
        expect(placed.size).toBe(set.size);
        expect(new Set(placed.values())).toEqual(set);
      }
    }),
  );
});
