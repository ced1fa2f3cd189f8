import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';

/** Most links that are named: one is enough to refuse a directory. */
const MOST_NAMED = 5;

/**
 * The symbolic links of a directory that lead out of it, or to nothing. Node's permission model follows links wherever
 * they lead, so that code beside one could read what it points at.
 *
 * @param directory absolute, and without a symbolic link itself
 * @returns their paths below the directory, the first few of them
 */
export async function strayLinks(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const link = path.join(entry.parentPath, entry.name);
    if (!(await leadsInside(link, directory))) found.push(path.relative(directory, link));
    if (found.length === MOST_NAMED) break;
  }
  return found;
}

async function leadsInside(link: string, directory: string): Promise<boolean> {
  const target = await realpath(link).catch(() => undefined);
  return target !== undefined && `${target}/`.startsWith(`${directory}/`);
}
