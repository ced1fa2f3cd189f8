import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

const CACHE = path.join(__dirname, '../../node_modules/.cache');

const SCRIPTS = ['load-process', 'upstream-process'] as const;
export type ScriptName = (typeof SCRIPTS)[number];

/** The scripts of the bench, bundled, so that their processes hold nothing but what they need; and its other files. */
export class Scripts {
  /** A folder for what the processes read and write. */
  public readonly folder: string;

  public constructor() {
    mkdirSync(CACHE, { recursive: true });
    this.folder = mkdtempSync(path.join(CACHE, 'bench-gateway-'));
    process.on('exit', () => rmSync(this.folder, { recursive: true, force: true }));
    buildSync({
      entryPoints: SCRIPTS.map((name) => path.join(__dirname, `${name}.ts`)),
      outdir: this.folder,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      outExtension: { '.js': '.mjs' },
      logLevel: 'error',
    });
  }

  public fileOf(name: ScriptName): string {
    return path.join(this.folder, `${name}.mjs`);
  }
}
