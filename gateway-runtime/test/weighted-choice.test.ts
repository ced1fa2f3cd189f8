import fc from 'fast-check';
import { chooseByWeight } from '../src/balance/weighted-choice';

const items = fc.array(fc.record({ weight: fc.nat(1_000_000) }), { maxLength: 10 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('chooseByWeight', () => {
  it('never takes an item of weight 0, and takes none only when all are 0', () => {
    fc.assert(
      fc.property(items, random, (list, number) => {
        const chosen = chooseByWeight(list, () => number);
        if (list.every(({ weight }) => weight === 0)) expect(chosen).toBeUndefined();
        else expect(chosen?.weight).toBeGreaterThan(0);
      }),
    );
  });

  it('gives each item its exact share of the range of the random number', () => {
    const list = [{ weight: 1 }, { weight: 0 }, { weight: 3 }];
    const at = (number: number) => list.indexOf(chooseByWeight(list, () => number) ?? { weight: -1 });
    expect([0, 0.249999, 0.25, 0.999999].map(at)).toEqual([0, 0, 2, 2]);
  });
});
