import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const page = readFileSync(path.join(__dirname, '..', '..', '..', 'docs', 'security-checklist.md'), 'utf8');
const rows = [...page.matchAll(/^\| (\d+) +\|.*\| `([a-z]+)` +\|$/gm)].map(([, number, suite]) => [
  Number(number),
  suite,
]);

/** Numbers that the tests of a file begin with. */
function numbersIn(suite: string): Set<number> {
  const text = readFileSync(path.join(__dirname, `checklist-${suite}.test.ts`), 'utf8');
  return new Set([...text.matchAll(/[('`]\s*['`](\d+)\. /g)].map(([, number]) => Number(number)));
}

it('names each number of the checklist once, and a suite that has tests of it', () => {
  expect(rows.map(([number]) => number)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  for (const [number, suite] of rows) expect([...numbersIn(String(suite))]).toContain(number);
});

it('leaves out no suite', () => {
  const suites = readdirSync(__dirname).flatMap((file) => /^checklist-(\w+)\.test\.ts$/.exec(file)?.[1] ?? []);
  expect(new Set(rows.map(([, suite]) => suite))).toEqual(new Set(suites.filter((suite) => suite !== 'table')));
});
