import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const MODULES = path.join(__dirname, '../../node_modules');

/** The longest that a suite may take. */
const LIMIT_MS = 10 * 60_000;

/** A suite of the official conformance tests. */
export interface ConformanceSuite {
  readonly name: string;
  /** The package that has it. */
  readonly package: 'conformance-2025' | '@modelcontextprotocol/conformance';
  readonly arguments: readonly string[];
}

/** One check of one scenario, in the order in which they were made. */
export interface ConformanceCheck {
  readonly scenario: string;
  readonly id: string;
  readonly name: string;
  /** `INFO` and `SKIPPED` say nothing of the server. */
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  /** Why it has not passed. */
  readonly errorMessage?: string;
}

/** What is checked, and by which suite. */
export interface ConformanceTarget {
  /** Where the server serves MCP. */
  readonly url: string;
  readonly suite: ConformanceSuite;
}

/**
 * Runs a suite against a server. A scenario that leaves no result counts as a failed check.
 *
 * @throws Error with the output if the suite does not run
 */
export async function conformanceRun({ url, suite }: ConformanceTarget): Promise<ConformanceCheck[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'conformance-'));
  try {
    const output = await runSuite(suite, ['--url', url, '--output-dir', folder]);
    const scenarios = [...output.matchAll(/^=== Running scenario: (.+) ===$/gm)].map(([, name]) => name!);
    if (scenarios.length === 0) throw new Error(`The suite ${suite.name} does not run:\n${output}`);
    return scenarios.flatMap((scenario) => checksOf(folder, scenario));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ends well or not: a failed check ends with an exit code of its own. @returns all that it has printed */
function runSuite({ package: name, arguments: options }: ConformanceSuite, more: readonly string[]): Promise<string> {
  const program = path.join(MODULES, name, 'dist/index.js');
  const command = [program, 'server', '--suite', 'all', ...options, ...more];
  const limits = { timeout: LIMIT_MS, maxBuffer: Infinity, env: { PATH: process.env.PATH } };
  return new Promise((resolve) => {
    execFile(path.join(MODULES, '.bin/node'), command, limits, (_error, out, err) => resolve(`${out}\n${err}`));
  });
}

/** The checks of a scenario, which are in a folder that is called after it and the time. */
function checksOf(folder: string, scenario: string): ConformanceCheck[] {
  const isOfScenario = (name: string) => name.replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, '') === `server-${scenario}`;
  const files = readdirSync(folder)
    .filter(isOfScenario)
    .map((name) => path.join(folder, name, 'checks.json'))
    .filter((file) => existsSync(file));
  if (files.length === 0) {
    return [{ scenario, id: 'result', name: 'Result', status: 'FAILURE', errorMessage: 'It left no result.' }];
  }
  const checks = files.flatMap((file) => JSON.parse(readFileSync(file, 'utf8')) as ConformanceCheck[]);
  return checks.map(({ id, name, status, errorMessage }) => ({ scenario, id, name, status, errorMessage }));
}
