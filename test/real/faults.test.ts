import { setTimeout as sleep } from 'node:timers/promises';
import { cleanUp } from '../../gateway-runtime/test/fixture';
import { Faults } from './faults/faults';
import { Findings } from './faults/findings';
import { Inspector } from './faults/inspector';
import { Platform } from './faults/platform';
import { Random } from './faults/random';
import { FaultUser } from './faults/user';

/** How long it lasts, in seconds. */
const SECONDS = Number(process.env.FAULTS_SECONDS ?? 120);
/** What is done, and what happens, follows from it. */
const SEED = Number(process.env.FAULTS_SEED ?? Date.now() % 2 ** 31);
const USERS = 200;
/** Longer than any state of failure lasts, in milliseconds. */
const HEALS_MS = 30_000;

/** When the heap is looked at, as shares of the time: caches are full by the first. */
const LOOKS = [0.25, 0.625];
/** How much more of the heap may be in use at the end: what is kept for clients is bounded, and small. */
const TOLERANCE = { share: 0.15, bytes: 8_000_000 };

/** What has to happen in each run. */
const EVERYTHING = [
  ...['modern echo', 'modern stream', 'modern ask', 'call without session', 'invoked', 'invoked stream'],
  ...['session echo', 'session stream', 'session ask', 'session wait'],
]
  .map((what) => `right: ${what}`)
  .concat('streams taken up');

jest.setTimeout(SECONDS * 1_000 + 180_000);
afterEach(cleanUp);

it(`whatever fails, every answer is right or an error of a known form (seed ${SEED})`, async () => {
  const findings = new Findings();
  const random = new Random(SEED);
  const platform = await Platform.start(USERS, random, findings);
  const { replicas, callees, users } = platform;
  const inspector = await Inspector.connect(replicas[0].process);
  const sockets = platform.sockets();
  const all = users.map(
    ({ name, key }) =>
      new FaultUser({ name, key, replicas, callees, random: new Random(random.between(0, 2 ** 31)), findings }),
  );

  const until = Date.now() + SECONDS * 1_000;
  const isOver = (): boolean => Date.now() >= until;
  const heaps: number[] = [];
  const look = async (share: number): Promise<void> => {
    await sleep(SECONDS * 1_000 * share);
    heaps.push(await inspector.usedHeap());
  };
  const faults = new Faults(platform, new Random(SEED + 1), findings);
  await Promise.all([faults.run(isOver), ...LOOKS.map(look), ...all.map((user) => user.live(isOver))]);

  // All is well again for everybody.
  const some = all.filter((_, i) => i % 10 === 0);
  await heals(findings, 'a user is not served well any more', async () =>
    (await Promise.all(some.map((user) => user.isServed()))).every(Boolean),
  );
  await heals(findings, 'sockets are left open', () => platform.sockets() <= sockets + 2);
  heaps.push(await inspector.usedHeap());
  const left = platform.sockets();
  inspector.close();
  await replicas[1].process.stop();
  await replicas[0].process.stop();

  const megabytes = heaps.map((bytes) => (bytes / 1e6).toFixed(1)).join(', ');
  process.stderr.write(
    `seed ${SEED}, ${SECONDS} s, heap ${megabytes} MB, sockets ${sockets}, then ${left}\n${findings.table}`,
  );
  // Nobody was kept from what is looked at.
  for (const what of EVERYTHING) expect(findings.counts.get(what) ?? 0).toBeGreaterThan(0);
  expect(findings.wrong).toEqual([]);
  expect(findings.errors).toEqual([]);
  const [first = 0] = heaps;
  expect(Math.max(...heaps)).toBeLessThan(first * (1 + TOLERANCE.share) + TOLERANCE.bytes);
});

async function heals(findings: Findings, otherwise: string, isWell: () => boolean | Promise<boolean>): Promise<void> {
  const until = Date.now() + HEALS_MS;
  while (!(await isWell())) {
    if (Date.now() > until) return findings.violated(otherwise);
    await sleep(100);
  }
}
