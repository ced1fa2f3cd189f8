import fc from 'fast-check';
import { judge } from '../../src/overload/gcra';
import { LocalRates } from '../../src/overload/local-rates';

const cells = fc.record({ intervalMs: fc.integer({ min: 1, max: 60_000 }), burst: fc.integer({ min: 1, max: 50 }) });

describe('a rate limit', () => {
  it('allows a burst at once, says how many are left, and then one for each interval', () => {
    fc.assert(
      fc.property(cells, (limit) => {
        let emptyAt: number | undefined;
        for (let left = limit.burst - 1; left >= 0; left -= 1) {
          const verdict = judge(limit, emptyAt, 0);
          expect(verdict).toMatchObject({ allowed: true, remaining: left });
          ({ emptyAt } = verdict);
        }
        const refused = judge(limit, emptyAt, 0);
        expect(refused).toMatchObject({ allowed: false, remaining: 0, emptyAt });
        expect(judge(limit, emptyAt, refused.retryAfterMs).allowed).toBe(true);
        expect(judge(limit, emptyAt, refused.retryAfterMs - 0.01).allowed).toBe(false);
      }),
    );
  });

  it('never allows more than the burst and what has come since, in any span of time', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 100 });
    fc.assert(
      fc.property(cells, gaps, (limit, all) => {
        let [now, emptyAt] = [0, undefined as number | undefined];
        const allowed: number[] = [];
        for (const gap of all) {
          now += gap;
          const verdict = judge(limit, emptyAt, now);
          if (verdict.allowed) allowed.push(now);
          ({ emptyAt } = verdict);
        }
        allowed.forEach((from, i) =>
          allowed.slice(i).forEach((to, j) => {
            expect(j + 1).toBeLessThanOrEqual(limit.burst + (to - from) / limit.intervalMs + 1e-6);
          }),
        );
      }),
    );
  });

  it('counts nothing where another limit refuses', () => {
    const rates = new LocalRates(() => 0);
    const [wide, narrow] = [
      { name: 'wide', cells: { intervalMs: 1_000, burst: 2 }, count: 'a' },
      { name: 'narrow', cells: { intervalMs: 1_000, burst: 1 }, count: 'a' },
    ];
    const allowed = (...asked: Parameters<LocalRates['take']>[0]): boolean => rates.take(asked).every((v) => v.allowed);
    expect(allowed(wide, narrow)).toBe(true);
    expect(allowed(wide, narrow)).toBe(false);
    expect(allowed(wide)).toBe(true);
    expect(allowed(wide)).toBe(false);
  });

  it('keeps ten thousand counts, and forgets the one that was used longest ago', () => {
    const rates = new LocalRates(() => 0);
    const take = (count: string): boolean | undefined =>
      rates.take([{ name: 'limit', cells: { intervalMs: 1_000, burst: 1 }, count }])[0]?.allowed;
    for (let i = 0; i <= 10_000; i += 1) expect(take(`user-${i}`)).toBe(true);
    expect(take('user-10000')).toBe(false);
    expect(take('user-0')).toBe(true);
  });
});
