import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LIBRARY_VERSION } from '../../constructs/library-version';

const ROOT = path.join(__dirname, '../..');

interface Package {
  readonly version: string;
  readonly workspaces?: string[];
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

const read = (folder: string): Package =>
  JSON.parse(readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8')) as Package;
const workspaces = ['.', ...(read('.').workspaces ?? [])];
const PEERS = 'benchmarks/gateway/peers';

describe('versions', () => {
  it.each(workspaces)('%s has the library’s version, which is the tag of the default images', (folder) => {
    expect(read(folder).version).toBe(LIBRARY_VERSION);
  });

  it.each([...workspaces, PEERS])('%s pins every dependency exactly', (folder) => {
    const { dependencies, devDependencies } = read(folder);
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^((npm:[@\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?|file:\.\.)$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it.each(['.', PEERS])('the lockfile of %s carries no registry addresses', (folder) => {
    expect(readFileSync(path.join(ROOT, folder, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "https?:/);
  });
});
