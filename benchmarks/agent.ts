/**
 * Measures an agent beside a loop of the same SDK in one file: how long it takes to start, what memory it takes, what it adds to
 * a turn of the model, and whether it holds many streams on one core. Each answer is checked. Prints tables and what they say
 * about the limits that we set ourselves, and writes both to results/. Needs the built runtimes: `npm run build`.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ai from 'ai/package.json';
import { Client } from './agent/client';
import { ownAgent, plainLoop, prepare, type Backing, type Contender, type RunningAgent } from './agent/contender';
import { STREAMED, type Kind } from './agent/question';
import { SpanCollector } from './span-collector';
import { endChildrenAtExit } from './processes/child';
import { usageOf } from './processes/process-usage';
import { ScriptChild } from './processes/script-child';
import { circumstances, writeResult } from './result-file';
import { summarize } from './samples';
import { renderTable, type Column } from './table';

const ROUNDS = 7;
const IDLE_MS = 3_000;
const WARM_UP = 300;
const QUESTIONS = 300;
/** Of these the memory is measured. */
const STREAMS = 100;
/** These are held on one core. */
const MOST_STREAMS = 500;

const LIMITS = { ready: 1.3, idle: 1.4, addedMs: 2 };

/** What one contender was found to do, once for each round. */
class Found {
  public readonly readyMs: number[] = [];
  public readonly idleMb: number[] = [];
  public readonly usedMb: number[] = [];
  public readonly streamsMb: number[] = [];
  public readonly answerMs: number[] = [];
  public readonly callMs: number[] = [];
  public failures = 0;
  public manyMb = 0;
  public manyCpuMs = 0;
}

async function main(): Promise<void> {
  endChildrenAtExit();
  const folder = prepare();
  const collector = await SpanCollector.open();
  const { ready } = await ScriptChild.start<Omit<Backing, 'traces'>>(
    'model and toolset',
    path.join(folder, 'backing-process.mjs'),
  );
  const backing = { ...ready, traces: collector.endpoint };
  const contenders = [plainLoop(folder), ownAgent(folder)];
  const found = contenders.map(() => new Found());
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [i, contender] of contenders.entries()) {
      process.stderr.write(`round ${round}: ${contender.name}\n`);
      await measure(await contender.start(backing), found[i]!);
    }
  }
  for (const [i, contender] of contenders.entries()) {
    process.stderr.write(`${MOST_STREAMS} streams: ${contender.name}\n`);
    await holdMany(contender, backing, found[i]!);
  }
  await report(
    contenders.map(({ name }) => name),
    found,
  );
}

async function measure(agent: RunningAgent, found: Found): Promise<void> {
  found.readyMs.push(agent.readyMs);
  await sleep(IDLE_MS);
  found.idleMb.push(usageOf([agent.pid]).megabytes);
  await askInTurn(agent, 'answer', 1);
  found.usedMb.push(usageOf([agent.pid]).megabytes);
  await askInTurn(agent, 'call', WARM_UP);
  found.answerMs.push(summarize(await askInTurn(agent, 'answer', QUESTIONS)).median);
  found.callMs.push(summarize(await askInTurn(agent, 'call', QUESTIONS)).median);
  const { failures, megabytes } = await hold(agent, STREAMS);
  found.streamsMb.push(megabytes);
  found.failures += failures;
  await agent.stop();
}

/** One question after the other. @returns how long each took, in milliseconds */
async function askInTurn(agent: RunningAgent, kind: Kind, count: number): Promise<number[]> {
  const client = await Client.of(agent);
  const taken: number[] = [];
  for (let i = 0; i < count; i += 1) taken.push(await client.ask(kind));
  client.close();
  return taken;
}

/** Holds streams at once, which all end as they should, or are counted. The memory is that of the middle of them. */
async function hold(agent: RunningAgent, count: number): Promise<{ failures: number; megabytes: number }> {
  const client = await Client.of(agent);
  let failures = 0;
  const streams = Array.from({ length: count }, () =>
    client.ask('stream').catch((error: Error) => {
      failures += 1;
      process.stderr.write(`${error.message}\n`);
    }),
  );
  await sleep((STREAMED.pieces * STREAMED.everyMs) / 2);
  const { megabytes } = usageOf([agent.pid]);
  await Promise.all(streams);
  client.close();
  return { failures, megabytes };
}

async function holdMany(contender: Contender, backing: Backing, found: Found): Promise<void> {
  const agent = await contender.start(backing, true);
  await askInTurn(agent, 'answer', 1);
  const before = usageOf([agent.pid]).cpuMicroseconds;
  const { failures, megabytes } = await hold(agent, MOST_STREAMS);
  found.failures += failures;
  found.manyMb = megabytes;
  found.manyCpuMs = (usageOf([agent.pid]).cpuMicroseconds - before) / 1_000;
  await agent.stop();
}

const COLUMNS: readonly Column[] = [
  { title: 'agent' },
  { title: 'ready, ms', isNumber: true },
  { title: 'idle, MB', isNumber: true },
  { title: 'after an answer, MB', isNumber: true },
  { title: `${STREAMS} streams, MB`, isNumber: true },
  { title: 'one turn, ms', isNumber: true },
  { title: 'two turns and a tool, ms', isNumber: true },
  { title: `${MOST_STREAMS} streams, MB`, isNumber: true },
  { title: 'their CPU, ms', isNumber: true },
  { title: 'failures', isNumber: true },
];

async function report(names: readonly string[], found: readonly Found[]): Promise<void> {
  const rows = found.map((each, i) => ({
    name: names[i]!,
    readyMs: summarize(each.readyMs).median,
    idleMb: summarize(each.idleMb).median,
    usedMb: summarize(each.usedMb).median,
    streamsMb: summarize(each.streamsMb).median,
    answerMs: summarize(each.answerMs).median,
    callMs: summarize(each.callMs).median,
    manyMb: each.manyMb,
    manyCpuMs: each.manyCpuMs,
    failures: each.failures,
  }));
  const table = renderTable(
    COLUMNS,
    rows.map((row) => [
      row.name,
      row.readyMs.toFixed(0),
      row.idleMb.toFixed(1),
      row.usedMb.toFixed(1),
      row.streamsMb.toFixed(1),
      row.answerMs.toFixed(2),
      row.callMs.toFixed(2),
      row.manyMb.toFixed(1),
      row.manyCpuMs.toFixed(0),
      String(row.failures),
    ]),
  );
  const [plain, own] = rows as [(typeof rows)[number], (typeof rows)[number]];
  const verdicts = [
    verdict('ready', own.readyMs / plain.readyMs, LIMITS.ready, ' times as long as the plain loop'),
    verdict('idle memory', own.idleMb / plain.idleMb, LIMITS.idle, ' times that of the plain loop'),
    verdict('added to one turn', own.answerMs - plain.answerMs, LIMITS.addedMs, ' ms'),
    verdict(
      'added to two turns and a call of a tool, per turn',
      (own.callMs - plain.callMs) / 2,
      LIMITS.addedMs,
      ' ms',
    ),
    verdict(`of ${MOST_STREAMS} streams on one core, failed`, own.failures, 0, ''),
  ];
  const printed = [
    table,
    `Medians of ${ROUNDS} rounds, with ${QUESTIONS} questions one after the other in each; streams have a piece of text each ${STREAMED.everyMs} ms.`,
    verdicts.map((each) => `- ${each}`).join('\n'),
  ].join('\n\n');
  process.stdout.write(`\n${printed}\n`);
  await writeResult('agent', 'Agent', { rows, verdicts }, printed, circumstances({ ai: ai.version }));
}

function verdict(what: string, value: number, limit: number, unit: string): string {
  const figure = Number.isInteger(value) ? String(value) : value.toFixed(2);
  return `${value <= limit ? 'reached' : 'NOT reached'}: ${what}: ${figure}${unit}, limit ${limit}`;
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`);
    process.exit(1);
  },
);
