import { readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');

interface Package {
  readonly name: string;
  readonly workspaces?: string[];
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

const read = (folder: string): Package =>
  JSON.parse(readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8')) as Package;
const root = read('.');
const workspaces = root.workspaces ?? [];
/** Packages of their own, workspaces or not. */
const packages = [...workspaces, 'benchmarks/gateway/peers'];

function sources(directory: string): string[] {
  return readdirSync(path.join(ROOT, directory)).flatMap((name) => {
    const file = path.join(directory, name);
    if (/^(node_modules|dist|build|dist-jsii|golden|\..*)$/.test(name)) return [];
    if (statSync(path.join(ROOT, file)).isDirectory()) return packages.includes(file) ? [] : sources(file);
    return /\.(m?ts|mjs)$/.test(name) ? [file] : [];
  });
}

/** Packages that a file imports; a subpath counts as its package. */
function packagesOf(file: string): string[] {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const specifiers = [...text.matchAll(/^(?:import|export)[^;]*?from '([^'.][^']*)'|import\('([^'.][^']*)'\)/gm)].map(
    ([, a, b]) => a ?? b ?? '',
  );
  const names = specifiers.map((specifier) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[1] ?? '');
  return names.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));
}

describe.each(['.', ...packages])('%s', (folder) => {
  it('declares every package that it imports; its tests may use those of the root', () => {
    const own = read(folder);
    const runtime = new Set([own.name, ...Object.keys({ ...own.dependencies, ...own.peerDependencies })]);
    const test = new Set([
      ...runtime,
      ...Object.keys({ ...own.devDependencies, ...root.devDependencies, ...root.dependencies }),
      ...workspaces.map((name) => `@agentyard/${name}`),
    ]);
    const shipped = (file: string) =>
      folder === '.' ? /^(constructs|lib|testing)\//.test(file) : /\/src\//.test(file);
    const missing = sources(folder).flatMap((file) =>
      packagesOf(file)
        .filter((name) => !(shipped(file) ? runtime : test).has(name))
        .map((name) => `${file} imports ${name}`),
    );
    expect(missing).toEqual([]);
  });
});
