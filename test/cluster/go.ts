import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cacheFolder } from './cache-folder';
import { downloadModule } from './go-module';

/** The oldest Go that builds the control plane, and the one that is installed where none is new enough. */
const OLDEST = [1, 26];
const INSTALLED = '1.26.8';

let found: string | undefined;

/** The path of a `go` that builds the control plane; installs one if the machine has none. */
export function findGo(): string {
  found ??= [...machinesGo(), installed()].find(isNewEnough) ?? install();
  return found;
}

function machinesGo(): string[] {
  return ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go'];
}

function installed(): string {
  return cacheFolder(`go${INSTALLED}`, 'bin/go');
}

function versionOf(go: string): number[] | undefined {
  try {
    // In a folder without go.mod, and without fetching another toolchain.
    const options = { encoding: 'utf8', cwd: tmpdir(), env: { ...process.env, GOTOOLCHAIN: 'local' } } as const;
    const [, major, minor] = /^go(\d+)\.(\d+)/.exec(execFileSync(go, ['env', 'GOVERSION'], options)) ?? [];
    return major ? [Number(major), Number(minor)] : undefined;
  } catch {
    return undefined;
  }
}

function isNewEnough(go: string): boolean {
  const [major = 0, minor = 0] = versionOf(go) ?? [];
  return major > OLDEST[0]! || (major === OLDEST[0]! && minor >= OLDEST[1]!);
}

/** Installs Go in the cache folder: an older one, Debian's for example, can fetch it as a module. */
function install(): string {
  const older = machinesGo().find(versionOf) ?? installDebiansGo();
  const system = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const toolchain = downloadModule(older, 'golang.org/toolchain', `v0.0.1-go${INSTALLED}.${system}`).folder;
  const target = cacheFolder(`go${INSTALLED}`);
  mkdirSync(path.dirname(target), { recursive: true });
  const unfinished = mkdtempSync(`${target}-`);
  cpSync(toolchain, unfinished, { recursive: true });
  makeUsable(unfinished);
  renameSync(unfinished, target);
  return installed();
}

/** A module can hold neither files that may be executed nor a go.mod below its root. */
function makeUsable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    chmodSync(file, entry.isDirectory() || /^(bin|pkg\/tool)\//.test(path.relative(folder, file)) ? 0o755 : 0o644);
  }
  for (const file of readdirSync(path.join(folder, 'src'), { recursive: true, encoding: 'utf8' }))
    if (path.basename(file) === '_go.mod')
      copyFileSync(path.join(folder, 'src', file), path.join(folder, 'src', path.dirname(file), 'go.mod'));
}

function installDebiansGo(): string {
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0)
    throw new Error(`There is no Go here. Install Go ${OLDEST.join('.')} or newer and put it on the PATH.`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'pipe' });
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'golang-go'], { env, stdio: 'pipe' });
  return '/usr/lib/go/bin/go';
}
