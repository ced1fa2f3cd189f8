import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { LaunchPlan } from '../../src/kernel/launch-plan.js';
import { SYSTEM_CALLS, type SystemCalls } from '../../src/kernel/system-calls.js';

/** The launcher of this machine, as it is shipped. */
export const LAUNCHER = path.join(__dirname, '../../dist', `launcher-${process.arch}`);

export const CALLS = (SYSTEM_CALLS as Readonly<Record<string, SystemCalls>>)[process.arch]!;

/** Runs a plan; `program` are the arguments of the launcher, `rest` what follows the plan on its standard input. */
export function runPlan(
  plan: LaunchPlan,
  program: readonly string[] = [],
  rest = '',
  env: Record<string, string> = {},
) {
  const input = Buffer.concat([plan.bytes(), Buffer.from(rest)]);
  const { status, stdout, error } = spawnSync(LAUNCHER, program, { input, env });
  if (error !== undefined) throw error;
  return { status, stdout };
}

/** Makes calls that may fail. @returns what each returned */
export function resultsOf(plan: LaunchPlan, calls: readonly (readonly [number, ...(number | string | Buffer)[]])[]) {
  const address = plan.put(Buffer.alloc(calls.length * 4));
  calls.forEach(([number, ...given], i) => plan.call(number, given, { into: address + i * 4, mayFail: true }));
  plan.call(CALLS.launch.write, [1, address, calls.length * 4]).call(CALLS.launch.exit_group, [0]);
  const { stdout } = runPlan(plan);
  return calls.map((_, i) => stdout.readInt32LE(i * 4));
}

/** Version of this kernel's Landlock; 0 without it. */
export function landlockVersion(): number {
  if (process.platform !== 'linux') return 0;
  const [version = 0] = resultsOf(new LaunchPlan(), [[CALLS.launch.landlock_create_ruleset, 0, 0, 1]]);
  return Math.max(0, version);
}

/**
 * `it`, where this machine's kernel has Landlock in this version; else a skipped test that says so in its title.
 *
 * @param version first one that has what is tested
 */
export function itWithLandlock(version: number): (title: string, test: () => Promise<void>) => void {
  const found = landlockVersion();
  if (found >= version) return (title, test) => it(title, test);
  const missing = `SKIPPED, NOT TESTED HERE, needs Landlock ${version} and this kernel has ${found}`;
  process.stderr.write(`${missing}: the isolation of tools is not tested on this machine\n`);
  return (title, test) => it.skip(`${missing}: ${title}`, test);
}
