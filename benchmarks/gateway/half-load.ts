import type { Arena } from './arena';
import type { Cell, Operation } from './cell';
import { thoseWhoTake, type Contender } from './contender';
import type { HalfLoadSample } from './findings';
import { OWN_GATEWAY, SESSION_GATEWAY } from './own-gateway';
import { PASS_THROUGH } from './peers';
import { LIMITED_CONNECTIONS, type Pace } from './plan';

/**
 * Puts half of the load that the pass-through can take on the pass-through, and as much on our gateway: so the times
 * are those of programs that have enough time.
 */
export async function measureHalfLoad(
  arena: Arena,
  operation: Operation,
  contenders: readonly Contender[],
  { limited }: Pace,
): Promise<{ readonly name: string; readonly sample: HalfLoadSample }[]> {
  const names = thoseWhoTake(operation, contenders)
    .map(({ name }) => name)
    .filter((name) => [PASS_THROUGH, OWN_GATEWAY, SESSION_GATEWAY].includes(name));
  if (!names.includes(PASS_THROUGH)) return [];
  const cell: Cell = { ...operation, size: 'small', form: 'JSON', connections: LIMITED_CONNECTIONS };
  const most = await arena.measureCell(PASS_THROUGH, { cell, ...limited });
  const rate = most.requestsPerSecond / 2;
  const samples: { name: string; sample: HalfLoadSample }[] = [];
  for (const name of names) {
    const sample = await arena.measureCell(name, { cell, ...limited, rate });
    samples.push({ name, sample: { ...sample, rate } });
  }
  return samples;
}
