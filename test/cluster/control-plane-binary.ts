import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache-folder';
import { findGo } from './go';

const SOURCES = path.join(__dirname, 'control-plane');
const run = promisify(execFile);

/** The path of the program in control-plane/, which is built once for each state of its sources. */
export async function controlPlaneBinary(): Promise<string> {
  const go = findGo();
  const { stdout: goVersion } = await run(go, ['version']);
  const binary = cacheFolder('control-plane', fingerprint(goVersion), 'control-plane');
  if (existsSync(binary)) return binary;
  mkdirSync(path.dirname(binary), { recursive: true });
  const unfinished = `${binary}.${process.pid}`;
  process.stderr.write('Building the control plane for tests, which takes minutes the first time.\n');
  await run(go, ['build', ...flags(), '-o', unfinished, '.'], { cwd: SOURCES, env: environment() });
  renameSync(unfinished, binary);
  return binary;
}

function fingerprint(goVersion: string): string {
  const hash = createHash('sha256').update(goVersion).update(flags().join(' '));
  for (const file of readdirSync(SOURCES).sort()) hash.update(file).update(readFileSync(path.join(SOURCES, file)));
  return hash.digest('hex').slice(0, 16);
}

function flags(): string[] {
  const [, version] = /^\s*k8s\.io\/kubernetes (v\S+)$/m.exec(readFileSync(path.join(SOURCES, 'go.mod'), 'utf8')) ?? [];
  if (!version) throw new Error('control-plane/go.mod does not say which version of k8s.io/kubernetes it needs.');
  // The API server takes its own version from the linker.
  const link = `-s -w -X k8s.io/component-base/version.gitVersion=${version}`;
  return ['-trimpath', '-buildvcs=false', '-mod=readonly', `-ldflags=${link}`];
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '', GOTOOLCHAIN: 'local' };
}
