import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from './cache-folder';
import { findGo } from './go';

/** As for the control plane, so that both share what Go has compiled already. */
const FLAGS = ['-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w'];

/** The path of the program in a folder with a Go module, or of a package that it requires; built once for each state. */
export function goBinary(folder: string, program = '.'): string {
  const go = findGo();
  const name = path.basename(program === '.' ? folder : program);
  const binary = cacheFolder(name, fingerprint(go, folder), name);
  if (existsSync(binary)) return binary;
  mkdirSync(path.dirname(binary), { recursive: true });
  const unfinished = `${binary}.${process.pid}`;
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '', GOTOOLCHAIN: 'local' };
  execFileSync(go, ['build', ...FLAGS, '-o', unfinished, program], { cwd: folder, env, stdio: 'pipe' });
  renameSync(unfinished, binary);
  return binary;
}

function fingerprint(go: string, folder: string): string {
  const hash = createHash('sha256')
    .update(execFileSync(go, ['version']))
    .update(FLAGS.join(' '));
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(path.join(folder, file)));
  return hash.digest('hex').slice(0, 16);
}
