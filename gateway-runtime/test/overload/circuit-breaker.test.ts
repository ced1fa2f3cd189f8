import fc from 'fast-check';
import { CircuitBreaker, type CircuitState, type Outcome } from '../../src/overload/circuit-breaker';

const LIMITS = { windowMs: 10_000, minRequests: 4, errorRate: 0.5, openMs: 1_000, probes: 2 };

/** A breaker with a clock of the test's own. */
function breakerOf(limits = LIMITS) {
  const clock = { now: 1_000_000 };
  const states: CircuitState[] = [];
  const breaker = new CircuitBreaker(
    limits,
    () => clock.now,
    (state) => states.push(state),
  );
  const ended = (...outcomes: Outcome[]): void => {
    for (const outcome of outcomes) breaker.pass()?.(outcome);
  };
  return { breaker, clock, states, ended };
}

describe('the circuit breaker', () => {
  it('opens at the share of failures, not before the least number of answers', () => {
    const { breaker, ended } = breakerOf();
    ended('failed', 'failed', 'ok');
    expect(breaker.state).toBe('closed');
    ended('failed');
    expect(breaker.state).toBe('open');
    expect(breaker.pass()).toBeUndefined();
    expect(breaker.retryAfterMs).toBe(1_000);
  });

  it('forgets what is older than its window', () => {
    const { breaker, clock, ended } = breakerOf();
    ended('failed', 'failed', 'failed');
    clock.now += 11_000;
    ended('failed', 'ok');
    expect(breaker.state).toBe('closed');
  });

  it('counts nothing that says nothing of the callee', () => {
    const { breaker, ended } = breakerOf();
    ended(...Array.from({ length: 50 }, () => 'unknown' as const));
    expect(breaker.state).toBe('closed');
  });

  it('tries with a few, and closes when as many succeed', () => {
    const { breaker, clock, states, ended } = breakerOf();
    ended('failed', 'failed', 'failed', 'failed');
    clock.now += 1_000;
    const [first, second, third] = [breaker.pass(), breaker.pass(), breaker.pass()];
    expect(third).toBeUndefined();
    first?.('ok');
    expect(breaker.state).toBe('half-open');
    second?.('ok');
    expect(states).toEqual(['open', 'half-open', 'closed']);
    ended('failed');
    expect(breaker.state).toBe('closed');
  });

  it('opens again with the first failure, whatever others of before say later', () => {
    const { breaker, clock, ended } = breakerOf();
    const late = breaker.pass();
    ended('failed', 'failed', 'failed', 'failed');
    clock.now += 1_000;
    const [first, second] = [breaker.pass(), breaker.pass()];
    first?.('failed');
    expect(breaker.state).toBe('open');
    second?.('ok');
    late?.('ok');
    expect(breaker.state).toBe('open');
  });

  it('gives a try to another when its client has left', () => {
    const { breaker, clock, ended } = breakerOf({ ...LIMITS, probes: 1 });
    ended('failed', 'failed', 'failed', 'failed');
    clock.now += 1_000;
    ended('unknown');
    expect(breaker.state).toBe('half-open');
    ended('ok');
    expect(breaker.state).toBe('closed');
  });

  it('lets no more through while it is tried than it says, and always closes when all is well', () => {
    const steps = fc.array(
      fc.record({ after: fc.nat(2_000), outcome: fc.constantFrom<Outcome>('ok', 'failed', 'unknown') }),
      { maxLength: 100 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const { breaker, clock } = breakerOf();
        for (const { after, outcome } of all) {
          clock.now += after;
          const ends = Array.from({ length: 5 }, () => breaker.pass()).filter((end) => end !== undefined);
          if (breaker.state === 'half-open') expect(ends.length).toBeLessThanOrEqual(LIMITS.probes);
          if (breaker.state === 'open') expect(ends).toEqual([]);
          for (const end of ends) end(outcome);
        }
        clock.now += LIMITS.windowMs + LIMITS.openMs;
        for (let i = 0; i < LIMITS.probes; i += 1) breaker.pass()?.('ok');
        expect(breaker.state).toBe('closed');
      }),
    );
  });
});
