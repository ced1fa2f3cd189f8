import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

const PACKAGES = path.join(__dirname, '../node_modules');
const CACHE = path.join(PACKAGES, '.cache');

/**
 * A script that is bundled once and run in a fresh process for each measurement. What the runs write stays until the
 * end: ext4 takes up to 30 times as long for a new file where thousands have been deleted in the last minutes.
 */
export class MeasuredScript {
  private readonly folder: string;
  private readonly bundle: string;

  /** @param packages packages that are not bundled */
  public constructor(script: string, packages: readonly string[]) {
    mkdirSync(CACHE, { recursive: true });
    this.folder = mkdtempSync(path.join(CACHE, 'bench-'));
    this.bundle = path.join(this.folder, 'script.cjs');
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

  /** What the script prints for an argument and an empty folder, read as JSON; absent when it is not done in time. */
  public run<T>(argument: object, limitMs: number): T | undefined {
    const outdir = mkdtempSync(path.join(this.folder, 'out-'));
    const given = JSON.stringify({ ...argument, outdir });
    const options = ['--expose-gc', '--max-old-space-size=8192', this.bundle, given];
    // Packages are found where this file's are.
    const env = { ...process.env, NODE_OPTIONS: '', NODE_PATH: PACKAGES };
    try {
      const output = execFileSync(process.execPath, options, { env, timeout: limitMs, killSignal: 'SIGKILL' });
      return JSON.parse(output.toString()) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ETIMEDOUT') return undefined;
      throw error;
    }
  }

  /** Removes the script, and all that its runs wrote. */
  public remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
