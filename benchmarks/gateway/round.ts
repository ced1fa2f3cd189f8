import { Arena } from './arena';
import { nameOf, QUESTIONS, type Question } from './cell';
import type { Contender } from './contender';
import { DIRECT } from './contenders';
import type { Findings } from './findings';
import { measureHalfLoad } from './half-load';
import { LEGACY, MODERN } from './mcp-message';
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
  if (plan.cells.length + plan.halfLoads.length > 0 || plan.firstByte) await measureLoads(bench, round);
  for (const kind of plan.streams) await measureStreams(bench, round, kind);
}

async function measureLoads({ plan, contenders, scripts, findings }: Bench, round: number): Promise<void> {
  const arena = await Arena.open(scripts, `round-${round}`, contenders);
  say(round, 'warm-up');
  await warmUp(arena, plan, contenders);
  for (const [index, cell] of plan.cells.entries()) {
    say(round, nameOf(cell));
    // By turns, and each time another one is first.
    for (const { name } of inTurn(contenders, round + index)) {
      const measuredMs = isLimited(cell) ? plan.pace.limitedMs : plan.pace.measuredMs;
      const sample = await arena.measureCell(name, { cell, leadMs: plan.pace.leadMs, measuredMs });
      findings.cells.add(nameOf(cell), name, sample);
    }
  }
  for (const era of plan.halfLoads) {
    say(round, `half load ${era}`);
    for (const { name, sample } of await measureHalfLoad(arena, era, inTurn(contenders, round), plan.pace)) {
      findings.halfLoads.add(era, name, sample);
    }
  }
  for (const { name } of plan.firstByte ? inTurn(contenders, round) : []) {
    say(round, `first byte, ${name}`);
    findings.firstByte.add('', name, await arena.measureFirstByte(name, slowQuestion));
  }
  await arena.close();
}

/** The stream of the slow tool, which is none of those that questions are about. */
const slowQuestion: Question = { method: 'tools/call', era: MODERN, size: 'small', form: 'SSE' };

/** Asks each question that is measured for a while, so that what runs is compiled. */
async function warmUp(arena: Arena, { cells, halfLoads, pace }: Plan, contenders: readonly Contender[]) {
  const measured = new Set(cells.map((cell) => nameOf({ ...cell, connections: LIMITED_CONNECTIONS })));
  const warmed = QUESTIONS.map((question) => ({ ...question, connections: LIMITED_CONNECTIONS })).filter(
    (cell) => measured.has(nameOf(cell)) || (isLimited(cell) && cell.size === 'small' && halfLoads.includes(cell.era)),
  );
  const measuredMs = pace.warmUpMs / warmed.length;
  for (const cell of warmed) {
    for (const { name } of contenders) await arena.measureCell(name, { cell, leadMs: 0, measuredMs });
  }
}

/** The memory of our gateway, and of a bare server, with many open streams. */
async function measureStreams({ plan, contenders, scripts, findings }: Bench, round: number, kind: StreamKind) {
  const subjects = contenders.filter(({ name }) => name === OWN_GATEWAY || name === DIRECT);
  for (const contender of inTurn(subjects, round)) {
    say(round, `open streams ${kind}, ${contender.name}`);
    const arena = await Arena.open(scripts, `round-${round}-${kind.replace('/', '-')}-${contender.name}`, [contender]);
    const question: Question = { ...slowQuestion, era: kind === 'GET' ? LEGACY : MODERN };
    const sample = await arena.measureStreams(contender.name, kind, question, plan.pace.openStreams);
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
