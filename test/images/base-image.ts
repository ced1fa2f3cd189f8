import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Containers } from './containers';

const DEBIAN = 'bookworm';

/** An archive of packages that this machine uses, as it has been given to it. */
interface Archive {
  readonly uri: string;
  readonly suite: string;
}

/** The archives of this Debian, among those that this machine uses: its own first, then updates and security. */
function debianArchives(): Archive[] {
  const listed = execFileSync(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI) $(CODENAME)', 'Created-By: Packages', 'Origin: Debian'],
    { encoding: 'utf8' },
  );
  const lines = [...new Set(listed.split('\n'))].map((line) => line.split(' '));
  const archives = lines
    .map(([uri = '', suite = '']) => ({ uri, suite }))
    .filter(({ suite }) => suite.startsWith(DEBIAN));
  const [first] = archives.filter(({ suite }) => suite === DEBIAN);
  if (first === undefined) throw new Error(`apt knows no archive of Debian ${DEBIAN}; the image is made from one`);
  return [first, ...archives.filter((archive) => archive !== first)];
}

/** The image that a Dockerfile starts from. */
export function baseOf(dockerfile: string): string {
  const [, base] = /^ARG BASE=(\S+)$/m.exec(readFileSync(dockerfile, 'utf8')) ?? [];
  if (base === undefined) throw new Error(`${dockerfile} names no BASE`);
  return base;
}

/**
 * Makes sure of the base image without an image registry: Debian from its archive, and the Node.js that runs the tests,
 * under the name that Dockerfiles expect.
 */
export function provideBase(containers: Containers, image: string): void {
  if (containers.has(image)) return;
  if (!image.includes(`:${process.versions.node}-${DEBIAN}`)) {
    throw new Error(`${image} is not Debian ${DEBIAN} with Node.js ${process.versions.node}`);
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'agentyard-base-'));
  const root = path.join(folder, 'root');
  try {
    const archives = debianArchives();
    execFileSync('debootstrap', ['--variant=minbase', DEBIAN, root, archives[0]!.uri], { stdio: 'pipe' });
    const sources = archives.map(({ uri, suite }) => `deb ${uri} ${suite} main\n`).join('');
    writeFileSync(path.join(root, 'etc/apt/sources.list'), sources);
    copyFileSync(process.execPath, path.join(root, 'usr/local/bin/node'));
    const container = containers.buildah('from', 'scratch');
    containers.buildah('add', '--quiet', container, root, '/');
    containers.buildah('commit', '--quiet', '--rm', container, image);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
