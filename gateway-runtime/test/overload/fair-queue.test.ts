import fc from 'fast-check';
import { FairQueue } from '../../src/overload/fair-queue';

/** Takes all out, in the order of their turns. */
function drained<T>(queue: FairQueue<T>): T[] {
  const out: T[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) out.push(item);
  return out;
}

describe('the queue of a callee', () => {
  it('lets users take turns, each with their own in order', () => {
    const queue = new FairQueue<string>(10);
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.push(item.charAt(0), item);
    expect(drained(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  });

  it('makes room for a user with less by the newest of the user with most', () => {
    const queue = new FairQueue<string>(3);
    for (const item of ['a1', 'a2', 'a3']) expect(queue.push('a', item)).toBeUndefined();
    expect(queue.push('a', 'a4')).toBe('a4');
    expect(queue.push('b', 'b1')).toBe('a3');
    expect(queue.push('b', 'b2')).toBe('b2');
    expect(drained(queue)).toEqual(['a1', 'b1', 'a2']);
  });

  it('holds nothing when nothing may wait', () => {
    expect(new FairQueue<string>(0).push('a', 'a1')).toBe('a1');
  });

  const arrivals = fc.array(fc.record({ user: fc.constantFrom('a', 'b', 'c', 'd'), leaves: fc.boolean() }), {
    maxLength: 60,
  });

  it('loses nobody, keeps each user’s order, and serves no user twice while another waits', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: 20 }), (all, most) => {
        const queue = new FairQueue<{ user: string; at: number }>(most);
        const waiting = new Set<{ user: string; at: number }>();
        all.forEach(({ user, leaves }, at) => {
          const item = { user, at };
          waiting.add(item);
          const displaced = queue.push(user, item);
          if (displaced !== undefined) expect(waiting.delete(displaced)).toBe(true);
          if (leaves) expect(queue.remove(user, item)).toBe(waiting.delete(item));
          expect(queue.size).toBe(waiting.size);
          expect(queue.size).toBeLessThanOrEqual(most);
        });
        const served = drained(queue);
        expect(new Set(served)).toEqual(waiting);
        const left = new Map<string, number>();
        for (const { user } of served) left.set(user, (left.get(user) ?? 0) + 1);
        served.forEach(({ user, at }, i) => {
          const next = served.slice(i + 1).findIndex((other) => other.user === user);
          if (next < 0) return;
          expect(served[i + 1 + next]?.at).toBeGreaterThan(at);
          // Between two turns of a user everybody has one who had something to wait for.
          const between = new Set(served.slice(i + 1, i + 1 + next).map((other) => other.user));
          const others = [...new Set(served.slice(i + 1).map((other) => other.user))].filter((name) => name !== user);
          for (const other of others) expect(between.has(other)).toBe(true);
        });
      }),
    );
  });

  it('never takes a place from somebody who has no more than the one who comes', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 20 }), (all, most) => {
        const queue = new FairQueue<string>(most);
        const lengths = new Map<string, number>();
        for (const { user } of all) {
          const displaced = queue.push(user, user);
          lengths.set(user, (lengths.get(user) ?? 0) + 1);
          if (displaced === undefined) continue;
          expect(lengths.get(displaced)).toBe(Math.max(...lengths.values()));
          lengths.set(displaced, (lengths.get(displaced) ?? 0) - 1);
        }
      }),
    );
  });
});
