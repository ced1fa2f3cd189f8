/**
 * Measures calls of a tool: in a process that is started for the call, in one that waits for it, and beside both the same function
 * in this process. Each result is checked. Prints a table and what it says about the limit that we set ourselves, and writes
 * both to results/. Needs the built runtimes: `npm run build`.
 */
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { circumstances, writeResult } from './result-file';
import { summarize } from './samples';
import { inProcess, sandbox, type Contender } from './sandbox/contender';
import { renderTable, type Column } from './table';

const ROUNDS = 5;
const CALLS = 100;
/** Before what is measured. */
const WARM_UP_CALLS = 50;
/** Between calls, so that what the last one has left is not measured with the next. */
const PAUSE_MS = 50;
const BURST = 6;
const BURSTS = 5;
const THROUGHPUT_MS = 4_000;
/** As many as a toolset runs at once by default. */
const AT_ONCE = 2;
const MOST_ADDED_MS = 1;

const CONTENDERS: readonly { readonly name: string; readonly start: () => Promise<Contender> }[] = [
  { name: 'in process', start: inProcess },
  { name: 'a process started per call', start: () => sandbox(0, AT_ONCE) },
  { name: 'processes that wait', start: () => sandbox(AT_ONCE, AT_ONCE) },
];

/** What one contender was found to do. */
interface Found {
  readonly medians: number[];
  readonly p99s: number[];
  readonly perSecond: number[];
}

async function main(): Promise<void> {
  const found = CONTENDERS.map((): Found => ({ medians: [], p99s: [], perSecond: [] }));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [i, { name, start }] of CONTENDERS.entries()) {
      process.stderr.write(`round ${round}: ${name}\n`);
      await measure(await start(), found[i]!);
    }
  }
  process.stderr.write('refill\n');
  const refill = summarize(await refillRates()).median;
  await report(found, refill);
}

async function measure(contender: Contender, { medians, p99s, perSecond }: Found): Promise<void> {
  await latencies(contender, WARM_UP_CALLS);
  const sorted = (await latencies(contender, CALLS)).sort((a, b) => a - b);
  medians.push(summarize(sorted).median);
  p99s.push(sorted[Math.ceil(sorted.length * 0.99) - 1]!);
  perSecond.push(await throughput(contender));
  await contender.stop();
}

/** One call after the other, each when as many processes wait as may. */
async function latencies(contender: Contender, count: number): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < count; i += 1) {
    await contender.rest();
    await sleep(PAUSE_MS);
    taken.push(await call(contender, i));
  }
  return taken;
}

async function throughput(contender: Contender): Promise<number> {
  const until = performance.now() + THROUGHPUT_MS;
  let calls = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      await call(contender, calls);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return calls / (THROUGHPUT_MS / 1000);
}

/** How many processes a second come to wait again, after all that waited were called at once. */
async function refillRates(): Promise<number[]> {
  const contender = await sandbox(BURST, BURST);
  const rates: number[] = [];
  for (let i = 0; i < BURSTS; i += 1) {
    await contender.rest();
    const started = performance.now();
    await Promise.all(Array.from({ length: BURST }, (_, n) => call(contender, n)));
    await contender.rest();
    rates.push(BURST / ((performance.now() - started) / 1000));
  }
  await contender.stop();
  return rates;
}

/** @returns how long it took, in milliseconds. @throws Error for a result that is not the right one */
async function call(contender: Contender, a: number): Promise<number> {
  const started = performance.now();
  const result = await contender.call({ a, b: 1 });
  const taken = performance.now() - started;
  if (!isDeepStrictEqual(result, { sum: a + 1 })) throw new Error(`the result is ${JSON.stringify(result)}`);
  return taken;
}

const COLUMNS: readonly Column[] = [
  { title: 'a call of the tool' },
  { title: 'median ms', isNumber: true },
  { title: 'added ms', isNumber: true },
  { title: 'p99 ms', isNumber: true },
  { title: `per second, ${AT_ONCE} at once`, isNumber: true },
];

async function report(found: readonly Found[], refill: number): Promise<void> {
  const rows = found.map(({ medians, p99s, perSecond }, i) => ({
    name: CONTENDERS[i]!.name,
    medianMs: summarize(medians).median,
    p99Ms: summarize(p99s).median,
    callsPerSecond: summarize(perSecond).median,
  }));
  const least = rows[0]!.medianMs;
  const table = renderTable(
    COLUMNS,
    rows.map(({ name, medianMs, p99Ms, callsPerSecond }) => [
      name,
      medianMs.toFixed(3),
      (medianMs - least).toFixed(2),
      p99Ms.toFixed(2),
      callsPerSecond.toFixed(0),
    ]),
  );
  const added = rows.at(-1)!.medianMs - least;
  const verdict = `${added <= MOST_ADDED_MS ? 'reached' : 'NOT reached'}: a process that waits adds ${added.toFixed(2)} ms at the median, limit ${MOST_ADDED_MS}`;
  const printed = [
    table,
    `Medians of ${ROUNDS} rounds, each with ${CALLS} calls one after the other, ${PAUSE_MS} ms after as many processes wait as may. ` +
      `After ${BURST} calls at once, ${refill.toFixed(1)} processes a second come to wait again (median of ${BURSTS}).`,
    `- ${verdict}`,
  ].join('\n\n');
  process.stdout.write(`\n${printed}\n`);
  const at = circumstances({});
  await writeResult('sandbox', 'Sandbox', { rows, refillPerSecond: refill, verdicts: [verdict] }, printed, at);
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`);
    process.exit(1);
  },
);
