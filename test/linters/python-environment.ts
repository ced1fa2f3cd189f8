import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../cluster/cache-folder';

/**
 * A folder with the programs of Python packages, which are exactly those of a requirements file. Installed once for each
 * state of the file.
 */
export function pythonPrograms(name: string, requirements: string): string {
  const python = findPython();
  const hash = createHash('sha256').update(readFileSync(requirements)).update(versionOf(python)).digest('hex');
  // Programs of an environment name its folder, so it cannot be made elsewhere and then moved here.
  const environment = cacheFolder(name, hash.slice(0, 16));
  const complete = path.join(environment, 'complete');
  if (existsSync(complete)) return path.join(environment, 'bin');
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(path.dirname(environment), { recursive: true });
  execFileSync(python, ['-m', 'venv', environment], { stdio: 'pipe' });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  execFileSync(path.join(environment, 'bin/python'), pip, { stdio: 'pipe' });
  writeFileSync(complete, '');
  return path.join(environment, 'bin');
}

function findPython(): string {
  const found = ['python3', '/usr/bin/python3'].find(makesEnvironments);
  if (found !== undefined) return found;
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0)
    throw new Error('There is no Python 3 with its module venv here. Install both and put python3 on the PATH.');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'pipe' });
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'python3-venv'], { env, stdio: 'pipe' });
  return '/usr/bin/python3';
}

function makesEnvironments(python: string): boolean {
  try {
    // Debian has venv and leaves out what it needs.
    execFileSync(python, ['-c', 'import venv, ensurepip'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

function versionOf(python: string): string {
  return execFileSync(python, ['--version'], { encoding: 'utf8' });
}
