import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = path.join(__dirname, '..');

/** A script that is bundled once and run in a fresh process for each measurement. */
export class MeasuredScript {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  private readonly bundle = path.join(this.folder, 'script.cjs');

  /** @param packages packages that are not bundled */
  public constructor(script: string, packages: readonly string[]) {
    buildSync({
      entryPoints: [path.join(__dirname, script)],
      bundle: true,
      platform: 'node',
      target: 'node24',
      outfile: this.bundle,
      external: [...packages],
      logLevel: 'error',
    });
  }

  /** What the script prints, read as JSON; absent when it is not done in time. */
  public run<T>(argument: unknown, limitMs: number): T | undefined {
    try {
      const options = ['--expose-gc', '--max-old-space-size=8192', this.bundle, JSON.stringify(argument)];
      // Packages are found where this file's are.
      const env = { ...process.env, NODE_OPTIONS: '', NODE_PATH: path.join(ROOT, 'node_modules') };
      const output = execFileSync(process.execPath, options, { env, timeout: limitMs, killSignal: 'SIGKILL' });
      return JSON.parse(output.toString()) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ETIMEDOUT') return undefined;
      throw error;
    }
  }

  public remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
