import fc from 'fast-check';
import { replicaIndex, untilTurn } from '../src/reload-turn';

const RELOAD = { replicas: 2, slotMs: 30_000, drainMs: 8_000 };

describe('the turn of a replica', () => {
  it.each([
    [0, 0, 0],
    [0, 5_500, 0],
    [0, 5_501, 54_499],
    [0, 30_000, 30_000],
    [0, 59_999, 1],
    [0, 60_000, 0],
    [1, 0, 30_000],
    [1, 30_000, 0],
    [1, 35_500, 0],
    [1, 35_501, 54_499],
    [2, 0, 0],
  ])('of replica %i comes, at %i ms, in %i ms', (index, now, wait) => expect(untilTurn(now, index, RELOAD)).toBe(wait));

  const reloads = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1_000, max: 900_000 }), fc.integer({ min: 1, max: 999 }))
    .map(([replicas, slotMs, drainMs]) => ({ replicas, slotMs, drainMs }));
  const nows = fc.integer({ min: 0, max: 4_000_000_000_000 });

  it('begins in its slot, and leaves it time for the drain and three times as much as it began late', () => {
    fc.assert(
      fc.property(reloads, nows, fc.integer({ min: 0, max: 8 }), (reload, now, index) => {
        const begin = now + untilTurn(now, index, reload);
        expect(Math.floor(begin / reload.slotMs) % reload.replicas).toBe(index % reload.replicas);
        const intoSlot = begin % reload.slotMs;
        expect(intoSlot + reload.drainMs).toBeLessThanOrEqual(reload.slotMs - 3 * intoSlot);
        expect(begin - now).toBeLessThan(reload.slotMs * reload.replicas);
      }),
    );
  });

  it('is never that of another replica', () => {
    fc.assert(
      fc.property(reloads, nows, (reload, now) => {
        const turns = Array.from({ length: reload.replicas }, (_, index) => untilTurn(now, index, reload));
        expect(turns.filter((wait) => wait === 0).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the number of a replica', () => {
  it('comes from the environment, else from the host name', () => {
    expect(replicaIndex({ AGENTYARD_REPLICA_INDEX: '3' }, 'egress-proxy-0', 2)).toBe(3);
    expect(replicaIndex({ AGENTYARD_REPLICA_INDEX: '' }, 'egress-proxy-1', 2)).toBe(1);
    expect(replicaIndex({}, 'laptop', 1)).toBe(0);
  });

  it.each([
    [{}, 'laptop'],
    [{ AGENTYARD_REPLICA_INDEX: '-1' }, 'egress-proxy-1'],
    [{ AGENTYARD_REPLICA_INDEX: 'one' }, 'egress-proxy-1'],
  ])('is refused where it is not known and there are others: %j %s', (environment, hostname) => {
    expect(() => replicaIndex(environment, hostname, 2)).toThrow(/set AGENTYARD_REPLICA_INDEX/);
  });
});
