import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';

/** A module of which Go has checked that it is what the checksum database knows. */
export interface GoModule {
  readonly folder: string;
}

/** Downloads a published Go module, once, into Go's own module cache. */
export function downloadModule(go: string, name: string, version: string): GoModule {
  const answer = run(go, `${name}@${version}`);
  if (answer.Error || !answer.Dir)
    throw new Error(`The Go module ${name}@${version} cannot be had: ${answer.Error ?? 'no answer'}`);
  return { folder: answer.Dir };
}

function run(go: string, module: string): { Dir?: string; Error?: string } {
  try {
    // Outside of any module, whose go.mod would have a say.
    const options = { encoding: 'utf8', cwd: tmpdir(), stdio: 'pipe' } as const;
    return JSON.parse(execFileSync(go, ['mod', 'download', '-json', module], options)) as { Dir?: string };
  } catch (error) {
    // Go prints what went wrong as JSON and exits with 1.
    const { stdout, message } = error as { stdout?: string; message: string };
    if (stdout?.trim().startsWith('{')) return JSON.parse(stdout) as { Error: string };
    return { Error: message };
  }
}
