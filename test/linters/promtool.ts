import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { goBinary } from '../cluster/go-binary';

const run = promisify(execFile);

/** A file of rules, as the spec of a PrometheusRule has it. */
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly object[] }[];
}

/** Prometheus' own program for rules. */
export class Promtool {
  private constructor(private readonly program: string) {}

  /** Builds the program from its published module, which takes minutes on a bare machine. */
  public static build(): Promtool {
    return new Promtool(goBinary(path.join(__dirname, 'promtool'), 'github.com/prometheus/prometheus/cmd/promtool'));
  }

  /** Parses rules. @throws Error with what Prometheus says of one that is wrong */
  public async check(rules: RuleFile): Promise<void> {
    await this.inFolder({ 'rules.yaml': rules }, ['check', 'rules', 'rules.yaml']);
  }

  /** Runs unit tests on rules. @throws Error with those that fail */
  public async test(rules: RuleFile, tests: readonly object[]): Promise<void> {
    const suite = { rule_files: ['rules.yaml'], evaluation_interval: '1m', tests };
    await this.inFolder({ 'rules.yaml': rules, 'tests.yaml': suite }, ['test', 'rules', 'tests.yaml']);
  }

  private async inFolder(files: Readonly<Record<string, object>>, args: readonly string[]): Promise<void> {
    const cwd = mkdtempSync(path.join(tmpdir(), 'promtool-'));
    try {
      for (const [name, content] of Object.entries(files)) writeFileSync(path.join(cwd, name), stringify(content));
      await run(this.program, args, { cwd });
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${stdout}${stderr}` || String(error), { cause: error });
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  }
}
