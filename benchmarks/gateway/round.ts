import { Arena } from './arena';
import {
  nameOf,
  operationOf,
  questionOf,
  QUESTIONS,
  type Cell,
  type Form,
  type Operation,
  type Question,
} from './cell';
import { thoseWhoTake, type Contender } from './contender';
import { DIRECT } from './contenders';
import type { Findings } from './findings';
import { measureHalfLoad } from './half-load';
import type { StreamKind } from './open-streams';
import { OWN_GATEWAY } from './own-gateway';
import { isLimited, LIMITED_CONNECTIONS, type Plan } from './plan';
import type { Scripts } from './scripts';

/** What all rounds of one run of the bench have in common. */
export interface Bench {
  readonly plan: Plan;
  readonly contenders: readonly Contender[];
  readonly scripts: Scripts;
  readonly findings: Findings;
}

/** Measures all once, with processes of its own, so that no round depends on what those before have left. */
export async function measureRound(bench: Bench, round: number): Promise<void> {
  const { plan } = bench;
  if (plan.cells.length + plan.halfLoads.length + plan.firstByte.length > 0) await measureLoads(bench, round);
  for (const kind of plan.streams) await measureStreams(bench, round, kind);
}

async function measureLoads({ plan, contenders, scripts, findings }: Bench, round: number): Promise<void> {
  const arena = await Arena.open(scripts, `round-${round}`, contenders);
  say(round, 'warm-up');
  await warmUp(arena, plan, contenders);
  for (const [index, cell] of limitedLast(plan.cells).entries()) {
    say(round, nameOf(cell));
    // By turns, and each time another one is first.
    for (const { name } of inTurn(thoseWhoTake(cell, contenders), round + index)) {
      const span = isLimited(cell) ? plan.pace.limited : plan.pace.usual;
      const sample = await arena.measureCell(name, { cell, ...span });
      findings.cells.add(nameOf(cell), name, sample);
    }
  }
  for (const operation of plan.halfLoads) {
    say(round, `half load ${operationOf(operation)}`);
    for (const { name, sample } of await measureHalfLoad(arena, operation, inTurn(contenders, round), plan.pace)) {
      findings.halfLoads.add(operationOf(operation), name, sample);
    }
  }
  for (const operation of plan.firstByte) {
    say(round, `first byte ${operationOf(operation)}`);
    for (const { name } of inTurn(thoseWhoTake(operation, contenders), round)) {
      findings.firstByte.add(operationOf(operation), name, await arena.measureFirstByte(name, operation));
    }
  }
  await arena.close();
}

/** What limits are set for comes last: all that goes before it warms the programs up, too. */
function limitedLast(cells: readonly Cell[]): readonly Cell[] {
  return [...cells.filter((cell) => !isLimited(cell)), ...cells.filter(isLimited)];
}

/** Asks each question that is measured for a while, so that what runs is compiled. */
async function warmUp(arena: Arena, plan: Plan, contenders: readonly Contender[]): Promise<void> {
  const { warmUpAnswers, warmUpMs } = plan.pace;
  const warmed = questionsOf(plan).map((question) => ({ ...question, connections: LIMITED_CONNECTIONS }));
  const share = { enoughAnswers: warmUpAnswers / warmed.length, mostMs: warmUpMs / warmed.length };
  for (const cell of warmed) {
    for (const { name } of thoseWhoTake(cell, contenders)) await arena.warmUp(name, { cell, ...share });
  }
}

/** All that is asked. */
function questionsOf({ cells, halfLoads, firstByte }: Plan): readonly Question[] {
  const small = (operations: readonly Operation[], form: Form): Question[] =>
    operations.map((operation) => ({ ...operation, size: 'small', form }));
  const asked = new Set([...cells, ...small(halfLoads, 'JSON'), ...small(firstByte, 'SSE')].map(questionOf));
  return QUESTIONS.filter((question) => asked.has(questionOf(question)));
}

/** The memory of our gateway, and of a bare server, with many open streams. */
async function measureStreams({ plan, contenders, scripts, findings }: Bench, round: number, kind: StreamKind) {
  const subjects = contenders.filter(({ name }) => name === OWN_GATEWAY || name === DIRECT);
  for (const contender of inTurn(subjects, round)) {
    say(round, `open streams ${kind}, ${contender.name}`);
    const arena = await Arena.open(scripts, `round-${round}-${kind.replace('/', '-')}-${contender.name}`, [contender]);
    const sample = await arena.measureStreams(contender.name, kind, plan.pace.openStreams);
    findings.streams.add(kind, contender.name, sample);
    await arena.close();
  }
}

/** All of a list, with another one first for each number. */
function inTurn<T>(all: readonly T[], number: number): readonly T[] {
  const first = number % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

function say(round: number, text: string): void {
  process.stderr.write(`round ${round}: ${text}\n`);
}
