import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { buildSync, type BuildFailure } from 'esbuild-wasm';
import { toolsetManifest, type ToolsetDocumentInput } from '../contract';
import { SynthError } from '../errors/synth-error';
import { sha256 } from './config-hash';
import { declaredTools, locatedTools, type LocatedTool } from './tool-manifest';

/** esbuild renames a `require` of the tool's own beside its `__require`, so that this one does not collide. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';\nvar require = __createRequire(import.meta.url);\n";

/** Tools: what the document says of them, and those modules that come with the manifests. */
export interface BundledTools {
  readonly tools: readonly Omit<ToolsetDocumentInput['tools'][number], 'allowedRoles'>[];
  /** Text of each module, by file name; none for tools of an image. */
  readonly modules: Readonly<Record<string, string>>;
}

/**
 * Reads `toolset.manifest.json` of a directory and bundles each module that it names to a single file.
 *
 * @throws SynthError PATH_NOT_ABSOLUTE, FILE_UNREADABLE, TOOL_MANIFEST_INVALID, TOOL_BUNDLE_FAILED
 */
export function bundleDirectory(directory: string): BundledTools {
  const declared = readManifest(directory);
  const sources = [...new Set(declared.map((tool) => tool.module))];
  refuseSameNames(path.join(directory, toolsetManifest.file), sources);
  const modules = bundle(directory, sources);
  const tools = declared.map((tool) => {
    const module = moduleName(tool.module);
    return { ...tool, module, sha256: sha256(modules[module] ?? '') };
  });
  return { tools, modules };
}

/** @throws SynthError PATH_NOT_ABSOLUTE: a relative path would depend on where synth is started */
export function absolute(file: string): string {
  if (path.isAbsolute(file)) return file;
  throw new SynthError('PATH_NOT_ABSOLUTE', file, {
    message: `"${file}" is a relative path`,
    remedy: `Build it from the program's own place, for example path.join(__dirname, '${file}')`,
  });
}

/** @throws SynthError PATH_NOT_ABSOLUTE, FILE_UNREADABLE */
export function readSource(file: string): string {
  absolute(file);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SynthError('FILE_UNREADABLE', file, {
      message: `cannot read "${file}": ${(error as Error).message}`,
      remedy: 'Correct the path, or create the file',
    });
  }
}

function readManifest(directory: string): LocatedTool[] {
  absolute(directory);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new SynthError('FILE_UNREADABLE', directory, {
      message: `"${directory}" is no directory`,
      remedy: 'Correct the path',
    });
  }
  const file = path.join(directory, toolsetManifest.file);
  return locatedTools(file, declaredTools(file, readSource(file)));
}

/** Modules are bundled to one folder, so two of them cannot have one name, whatever folders they are in. */
function refuseSameNames(file: string, sources: readonly string[]): void {
  for (const [i, source] of sources.entries()) {
    const other = sources.slice(0, i).find((earlier) => moduleName(earlier) === moduleName(source));
    if (other === undefined) continue;
    throw new SynthError('TOOL_BUNDLE_FAILED', file, {
      message: `the modules "${other}" and "${source}" would both be bundled to ${moduleName(source)}`,
      remedy: 'Rename one of the two files',
    });
  }
}

/** CommonJS packages inside of a bundle call `require` for what Node.js itself has; a module has none. */
function withRequire(code: string): string {
  return code.includes('__require') ? `${REQUIRE}${code}` : code;
}

function moduleName(source: string): string {
  return `${path.basename(source).replace(/\.[^.]+$/, '')}.mjs`;
}

/** All modules at once, since starting esbuild costs more than its work. */
function bundle(directory: string, sources: string[]): Record<string, string> {
  try {
    const result = buildSync({
      entryPoints: sources,
      entryNames: '[name]',
      outdir: directory,
      outExtension: { '.js': '.mjs' },
      absWorkingDir: directory,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      charset: 'utf8',
      legalComments: 'none',
      write: false,
      logLevel: 'silent',
    });
    return Object.fromEntries(result.outputFiles.map((file) => [path.basename(file.path), withRequire(file.text)]));
  } catch (error) {
    const failure = error as Partial<BuildFailure> & Error;
    const reasons = failure.errors?.map((e) => `${e.location?.file ?? directory}:${e.location?.line ?? 0} ${e.text}`);
    throw new SynthError('TOOL_BUNDLE_FAILED', directory, {
      message: reasons?.join('; ') ?? failure.message,
      remedy: 'Correct the code; what it imports must be installed beside it',
    });
  }
}
