import { access, constants, realpath, stat } from 'node:fs/promises';
import { localPath, type LocalOverlay } from '@agentyard/runtime-kit';
import { ContractError, toolsetDocument, type Fault, type ToolsetDocument } from 'agentyard/contract';

/** The document's paths on this machine, absolute and without symbolic links. */
export interface SandboxRoots {
  /** Of the modules; absent where a server has the tools. */
  readonly toolsDirectory: string | undefined;
  readonly scratchDirectory: string;
  /** Roots of the data, by name. */
  readonly data: Readonly<Record<string, string>>;
}

/** Variables that would change how a tool's process is started or confined. */
const REFUSED_VARIABLES = /^(NODE_OPTIONS|NODE_PATH|HOME|TMPDIR|(LD|DYLD|AGENTYARD)_.*)$/;

/**
 * Finds the paths of the document and refuses what could not be enforced.
 *
 * @throws ContractError with every path that is missing or cannot be confined, and every variable that must not be passed on
 */
export async function findRoots(document: ToolsetDocument, overlay: LocalOverlay | undefined): Promise<SandboxRoots> {
  const faults: Fault[] = document.environment.flatMap((name, i) =>
    REFUSED_VARIABLES.test(name)
      ? [{ path: `$.environment[${i}]`, message: `${name} would change how tools are confined; remove it` }]
      : [],
  );
  const find = async (path: string, containerPath: string, mode: number): Promise<string> => {
    const { found, message } = await findPath(localPath(containerPath, overlay), mode);
    if (message !== undefined) faults.push({ path, message });
    return found;
  };
  const directory = constants.R_OK | constants.X_OK;
  const toolsDirectory =
    document.toolsDirectory && (await find('$.toolsDirectory', document.toolsDirectory, directory));
  const scratchDirectory = await find('$.scratchDirectory', document.scratchDirectory, directory | constants.W_OK);
  const data: Record<string, string> = {};
  for (const [i, { name, path }] of document.data.entries()) {
    data[name] = await find(`$.data[${i}].path`, path, directory);
  }
  if (faults.length > 0) throw new ContractError(toolsetDocument.file, faults);
  return { toolsDirectory, scratchDirectory, data };
}

async function findPath(path: string, mode: number): Promise<{ found: string; message?: string }> {
  try {
    const found = await realpath(path);
    if (!(await stat(found)).isDirectory()) return { found, message: 'must be a directory' };
    await access(found, mode);
    // Node's permission flags read "*" as a wildcard: it would open more than this path.
    return found.includes('*') ? { found, message: 'must not contain "*"' } : { found };
  } catch (error) {
    return { found: path, message: `cannot be used (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})` };
  }
}
