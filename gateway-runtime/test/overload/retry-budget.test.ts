import fc from 'fast-check';
import { RetryBudget } from '../../src/overload/retry-budget';

describe('the budget of retries', () => {
  it('is a fifth of the requests, and ten that are saved up', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (spends) => {
        const budget = new RetryBudget();
        let [earned, spent] = [0, 0];
        for (const spend of spends) {
          if (spend) spent += budget.spend() ? 1 : 0;
          else earned += 1;
          if (!spend) budget.earn();
          expect(spent).toBeLessThanOrEqual(10 + earned * 0.2 + 1e-9);
        }
      }),
    );
  });
});
