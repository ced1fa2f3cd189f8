import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');

/** Programs of apps/ and examples/ that choose by a variable of the environment, and what there is to choose. */
const CHOICES: Record<string, readonly Record<string, string>[]> = {
  'apps/fabric.ts': ['scripted', 'anthropic', 'openai'].map((provider) => ({ FABRIC_PROVIDER: provider })),
};

/** A cdk8s program with the environment that it is run in. */
export interface Program {
  /** Relative to the repository. */
  readonly file: string;
  readonly environment: Record<string, string>;
}

/** Every cdk8s program of apps/ and of the examples, with every choice that it gives. */
export function programs(): Program[] {
  const files = ['apps', 'examples'].flatMap(typescriptFiles).filter(isProgram);
  return files.flatMap((file) => (CHOICES[file] ?? [{}]).map((environment) => ({ file, environment })));
}

/** Runs the program, which writes its manifests to the folder. */
export function synthesize({ file, environment }: Program, outdir: string): void {
  execFileSync(process.execPath, [path.join(ROOT, 'node_modules/.bin/tsx'), file], {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: '', CDK8S_OUTDIR: outdir, ...environment },
    stdio: 'pipe',
  });
}

function typescriptFiles(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/(^|\/)(node_modules|test)\//.test(name))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/** The other files are parts of programs. */
function isProgram(file: string): boolean {
  return /\bnew App\(/.test(readFileSync(path.join(ROOT, file), 'utf8'));
}
