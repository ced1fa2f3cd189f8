import { createLogger } from '@agentyard/runtime-kit';
import { outlierDetection, type OutlierDetection } from 'agentyard/contract';
import fc from 'fast-check';
import { EventCount } from '../../runtime-kit/src/metrics';
import { POD_FAILURES } from '../src/balance/pod-failure';
import { PodHealth } from '../src/balance/pod-health';

const SERVICE = 'support-pods';
const podsNamed = (count: number) => Array.from({ length: count }, (_, i) => `http://10.0.0.${i}:8080`);

/** The health of some pods, with a clock of the test, and pods that answer probes or not. */
function healthOf(settings: Partial<OutlierDetection> = {}) {
  const world = {
    now: 0,
    settings: outlierDetection.parse({
      consecutiveFailures: 2,
      baseEjectionMs: 1_000,
      maxEjectionMs: 8_000,
      ...settings,
    }),
    silent: new Set<string>(),
    probed: [] as string[],
    logs: [] as Record<string, unknown>[],
    ejections: new EventCount('ejections', '', { name: 'reason', values: POD_FAILURES }),
  };
  const write = (line: string) => void world.logs.push(JSON.parse(line) as Record<string, unknown>);
  const health = new PodHealth({
    settings: () => world.settings,
    probe: (origin) => {
      world.probed.push(origin);
      return Promise.resolve(!world.silent.has(origin));
    },
    log: createLogger({ component: 'gateway', name: 'gateway', namespace: 'test' }, { write }),
    ejections: world.ejections,
    now: () => world.now,
  });
  const fail = (pod: string, times = 2, failure: 'failing' | 'unreachable' = 'failing') => {
    for (let i = 0; i < times; i += 1) health.failed({ host: SERVICE }, pod, failure);
  };
  const events = () => world.logs.map(({ event, pod }) => `${event as string} ${pod as string}`);
  return { world, health, fail, events };
}

describe('PodHealth', () => {
  const pods = podsNamed(4);
  const [first = '', second = '', third = ''] = pods;

  it('leaves a pod out that fails several times in a row, says so, and does not for others', () => {
    const { world, health, fail } = healthOf();
    fail(first, 1);
    expect(health.usable(pods)).toEqual(pods);
    health.succeeded(first);
    fail(first, 1);
    fail(second, 1);
    expect(health.usable(pods)).toEqual(pods);
    fail(first, 1);
    expect(health.usable(pods)).toEqual(pods.slice(1));
    expect(health.ejectedCount).toBe(1);
    expect(world.ejections.values.get('failing')).toBe(1);
    expect(world.logs).toMatchObject([
      {
        event: 'pod-ejected',
        level: 'warn',
        service: SERVICE,
        pod: first,
        reason: 'failing',
        failures: 2,
        ejection_ms: 1_000,
      },
    ]);
  });

  it('takes it back when its time is over and it answers a probe', async () => {
    const { world, health, fail, events } = healthOf();
    fail(first);
    world.now = 999;
    await health.probeAll();
    expect(health.usable(pods)).not.toContain(first);
    world.now = 1_000;
    world.silent.add(first);
    await health.probeAll();
    expect(health.usable(pods)).not.toContain(first);
    world.silent.delete(first);
    await health.probeAll();
    expect(health.usable(pods)).toEqual(pods);
    expect(events()).toEqual([`pod-ejected ${first}`, `pod-returned ${first}`]);
    await health.probeAll();
    expect(world.probed).toEqual([first, first, first]);
  });

  it('takes one back at once that could not be reached, when it answers', async () => {
    const { world, health, fail } = healthOf();
    fail(first, 2, 'unreachable');
    expect(world.ejections.values.get('unreachable')).toBe(1);
    world.silent.add(first);
    await health.probeAll();
    expect(health.usable(pods)).not.toContain(first);
    world.silent.delete(first);
    await health.probeAll();
    expect(health.usable(pods)).toEqual(pods);
  });

  it('leaves it out for twice as long each time, up to the longest, and begins anew after a good while', async () => {
    const { world, health, fail } = healthOf();
    const back = async (ms: number) => {
      world.now += ms;
      await health.probeAll();
    };
    for (const ms of [1_000, 2_000, 4_000, 8_000, 8_000]) {
      fail(first);
      await back(ms - 1);
      expect(health.ejectedCount).toBe(1);
      await back(1);
      expect(health.ejectedCount).toBe(0);
      health.succeeded(first);
    }
    world.now += 8_000;
    fail(first);
    expect(world.logs.at(-1)).toMatchObject({ event: 'pod-ejected', ejection_ms: 1_000 });
  });

  it('tries one again that answers no probe, when it has been left out for the longest time beside its own', async () => {
    const { world, health, fail } = healthOf();
    fail(first);
    world.silent.add(first);
    world.now = 8_999;
    await health.probeAll();
    expect(health.ejectedCount).toBe(1);
    world.now = 9_000;
    await health.probeAll();
    expect(health.usable(pods)).toEqual(pods);
    expect(world.logs.at(-1)).toMatchObject({ event: 'pod-returned', answers: false });
  });

  it('leaves out half at most: of more, those come back whose time is over first', () => {
    const { world, health, fail } = healthOf();
    fail(first);
    world.now = 100;
    fail(second);
    world.now = 200;
    fail(third);
    expect(health.usable(pods)).toEqual([first, pods[3]]);
    expect(health.usable([first])).toEqual([first]);
    world.settings = { ...world.settings, maxEjectedPercent: 0 };
    expect(health.usable(pods)).toEqual(pods);
  });

  it('takes new settings for what comes then', () => {
    const { world, fail } = healthOf();
    fail(first, 1);
    world.settings = { ...world.settings, consecutiveFailures: 1, baseEjectionMs: 5_000 };
    fail(second, 1);
    expect(world.logs).toMatchObject([{ pod: second, ejection_ms: 5_000 }]);
  });

  it('never leaves out all pods, or more than it may, whatever happens', () => {
    const step = fc.record({
      pod: fc.nat(9),
      what: fc.constantFrom('failing', 'unreachable', 'succeeded', 'probe', 'wait'),
      ms: fc.nat(3_000),
    });
    const world = { count: fc.integer({ min: 1, max: 10 }), percent: fc.nat(90), steps: fc.array(step) };
    return fc.assert(
      fc.asyncProperty(fc.record(world), async ({ count, percent, steps }) => {
        const { world: w, health } = healthOf({ consecutiveFailures: 1, maxEjectedPercent: percent });
        const all = podsNamed(count);
        for (const { pod, what, ms } of steps) {
          const origin = all[pod % count] ?? '';
          if (what === 'probe') await health.probeAll();
          else if (what === 'wait') w.now += ms;
          else if (what === 'succeeded') health.succeeded(origin);
          else if (what === 'failing' || what === 'unreachable') health.failed({ host: SERVICE }, origin, what);
          const usable = health.usable(all);
          expect(usable.length).toBeGreaterThanOrEqual(count - Math.floor((count * percent) / 100));
          expect(usable.length).toBeGreaterThan(0);
        }
        health.close();
      }),
    );
  });
});
