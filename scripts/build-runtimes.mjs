// Bundles each runtime and the CLI to files that Node runs alone, as the images do.
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

const BUNDLES = {
  'gateway-runtime': ['main.ts'],
  'agent-runtime': ['main.ts'],
  'sandbox-runtime': ['main.ts', 'child.ts'],
  'egress-proxy-runtime': ['main.ts', 'server-name.ts'],
  'identity-runtime': ['main.ts'],
  cli: ['main.ts', 'program.ts'],
};

// Programs that confine the processes of tools, for each machine that an image is made for.
const LAUNCHERS = ['x64', 'arm64'];

// CommonJS dependencies of an ESM bundle call require.
const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };

export async function buildRuntimes() {
  await Promise.all(Object.entries(BUNDLES).map(([workspace, entries]) => bundle(workspace, entries)));
  const { launcherImage } = await load('sandbox-runtime/src/kernel/launcher-image.ts');
  for (const architecture of LAUNCHERS) {
    const file = path.join(root, 'sandbox-runtime/dist', `launcher-${architecture}`);
    replaceFile(file, launcherImage(architecture), 0o755);
  }
}

async function bundle(workspace, entries) {
  const outdir = path.join(root, workspace, 'dist');
  const { outputFiles } = await build({
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
    // Node keeps the text of a program in memory.
    minifyWhitespace: true,
    lineLimit: 120,
    write: false,
    logLevel: 'warning',
  });
  replaceFiles(outdir, outputFiles);
}

// A TypeScript module that has no imports.
async function load(file) {
  const { outputFiles } = await build({ entryPoints: [path.join(root, file)], format: 'esm', write: false });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

// With a single character beyond ASCII, Node keeps two bytes for each.
function inAscii(text) {
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// File by file and each at once, so that what runs from these files while they are built again goes on.
function replaceFiles(directory, files) {
  mkdirSync(directory, { recursive: true });
  for (const file of files) replaceFile(file.path, inAscii(file.text));
  const current = new Set(files.map((file) => path.basename(file.path)));
  for (const name of readdirSync(directory)) {
    if (name.endsWith('.mjs') && !current.has(name)) rmSync(path.join(directory, name), { force: true });
  }
}

function replaceFile(file, content, mode) {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, file);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildRuntimes();
