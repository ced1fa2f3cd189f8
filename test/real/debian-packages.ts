import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const POLICY = '/usr/sbin/policy-rc.d';

/** Installs Debian packages that are missing, without starting the services that they bring. @throws Error when it cannot */
export function installPackages(...names: string[]): void {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) throw new Error(`install these Debian packages, or run as root: ${missing.join(' ')}`);
  const denied = !existsSync(POLICY);
  if (denied) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    try {
      apt('install', '-y', '--no-install-recommends', ...missing);
    } catch {
      apt('update');
      apt('install', '-y', '--no-install-recommends', ...missing);
    }
  } finally {
    if (denied) rmSync(POLICY);
  }
}

function isInstalled(name: string): boolean {
  return (
    spawnSync('dpkg-query', ['-W', '-f', '${Status}', name], { encoding: 'utf8' }).stdout === 'install ok installed'
  );
}

/** Waits for other users of the package database. */
function apt(...args: string[]): void {
  execFileSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
}
