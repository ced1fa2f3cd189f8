// Bundles each runtime and the CLI to files that Node runs alone, as the images do.
import path from 'node:path';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

const BUNDLES = {
  'gateway-runtime': ['main.ts'],
  'agent-runtime': ['main.ts'],
  'sandbox-runtime': ['main.ts', 'child.ts'],
  cli: ['main.ts'],
};

// CommonJS dependencies of an ESM bundle call require.
const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };

export async function buildRuntimes() {
  await Promise.all(
    Object.entries(BUNDLES).map(async ([workspace, entries]) => {
      const outdir = path.join(root, workspace, 'dist');
      rmSync(outdir, { recursive: true, force: true });
      await build({
        entryPoints: entries.map((entry) => path.join(root, workspace, 'src', entry)),
        outdir,
        bundle: true,
        splitting: true,
        format: 'esm',
        platform: 'node',
        target: 'node24',
        outExtension: { '.js': '.mjs' },
        tsconfig: path.join(root, 'tsconfig.json'),
        banner,
        logLevel: 'warning',
      });
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildRuntimes();
