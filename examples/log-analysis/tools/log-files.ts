import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** Files that count as logs. */
const LOG_FILE = /\.(log|jsonl|txt)$/i;
/** More files than anybody reads by hand; deeper trees are refused, not cut silently. */
const MOST_FILES = 10_000;

/** Characters of a line that are looked at; what a file without line ends holds beyond them is passed over. */
const LONGEST_LINE = 262_144;

/** A log file of a data source. */
export interface LogFile {
  readonly source: string;
  /** Path relative to the source's root. */
  readonly file: string;
  readonly path: string;
}

/**
 * The log files to read: all of the given sources, or one file of them.
 *
 * @param roots root directory of each source, by name
 * @throws Error for a source that is not there, and for a file that is not below its root
 */
export async function logFiles(
  roots: Readonly<Record<string, string>>,
  source?: string,
  file?: string,
): Promise<LogFile[]> {
  const names = Object.keys(roots);
  if (source !== undefined && !names.includes(source)) {
    throw new Error(`there is no source "${source}"; there are ${names.join(', ') || 'none'}`);
  }
  const chosen = source === undefined ? names : [source];
  if (file !== undefined) return oneFile(chosen, roots, file);
  const found = await Promise.all(chosen.map((name) => walk(name, roots[name] ?? '')));
  return found.flat();
}

/** The lines of a file, one after the other; neither the file nor a line without end is ever held as a whole. */
export async function* linesOf(file: LogFile): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file.path, { encoding: 'utf8' }) as AsyncIterable<string>) {
    const [first = '', ...others] = chunk.split('\n');
    if (rest.length < LONGEST_LINE) rest = (rest + first).slice(0, LONGEST_LINE);
    for (const next of others) {
      yield rest.replace(/\r$/, '');
      rest = next;
    }
  }
  if (rest !== '') yield rest.replace(/\r$/, '');
}

async function oneFile(
  sources: readonly string[],
  roots: Readonly<Record<string, string>>,
  file: string,
): Promise<LogFile[]> {
  if (path.isAbsolute(file) || path.normalize(file).split(path.sep).includes('..')) {
    throw new Error(`"${file}" is not a path inside a source; give one relative to its root`);
  }
  const found: LogFile[] = [];
  for (const source of sources) {
    const real = await fileInside(roots[source] ?? '', file);
    if (real !== undefined) found.push({ source, file, path: real });
  }
  if (found.length === 0) throw new Error(`there is no file "${file}" in ${sources.join(', ')}`);
  return found;
}

/** The real path of a file, if it exists and no link leads out of the root. It may vanish at any time: logs rotate. */
async function fileInside(root: string, file: string): Promise<string | undefined> {
  try {
    const [realRoot, real] = [await realpath(root), await realpath(path.join(root, file))];
    return real.startsWith(realRoot + path.sep) && (await stat(real)).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

async function walk(source: string, root: string): Promise<LogFile[]> {
  const found: LogFile[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await entriesOf(path.join(root, folder))) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) folders.push(file);
      if (!LOG_FILE.test(entry.name) || !(entry.isFile() || entry.isSymbolicLink())) continue;
      const real = await fileInside(root, file);
      if (real !== undefined) found.push({ source, file, path: real });
      if (found.length > MOST_FILES) throw new Error(`"${source}" has more than ${MOST_FILES} log files; name one`);
    }
  }
  return found.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** A folder that may not be read holds nothing for us. */
async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
