import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { installPackages } from '../real/debian-packages';

/** What Keycloak 26 runs on. */
const OLDEST = 17;
const VIRTUAL_MACHINES = '/usr/lib/jvm';

/** The `java` that Keycloak is run with. On Debian it is installed where it is missing. @throws Error when it cannot be */
export function findJava(): string {
  const found = candidates().find(isNewEnough);
  if (found !== undefined) return found;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(`There is no Java ${OLDEST} or newer here. Install it and put java on the PATH.`);
  }
  installPackages('default-jre-headless');
  const installed = candidates().find(isNewEnough);
  if (installed !== undefined) return installed;
  throw new Error(`default-jre-headless of this system is older than Java ${OLDEST}, which Keycloak needs.`);
}

function candidates(): string[] {
  const home = process.env.JAVA_HOME;
  const machines = existsSync(VIRTUAL_MACHINES) ? readdirSync(VIRTUAL_MACHINES).sort() : [];
  return [
    ...(home ? [path.join(home, 'bin/java')] : []),
    'java',
    ...machines.map((name) => path.join(VIRTUAL_MACHINES, name, 'bin/java')),
  ];
}

function isNewEnough(java: string): boolean {
  // It prints its version to standard error: openjdk version "17.0.15" 2025-04-15.
  const { stderr, status } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  return status === 0 && Number(/version "(\d+)/.exec(stderr)?.[1]) >= OLDEST;
}
