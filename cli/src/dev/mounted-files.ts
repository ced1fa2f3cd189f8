import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Contents } from './object-contents.js';

/**
 * Makes a directory hold exactly these files, byte for byte. Each file is replaced in one step, so that
 * a running reader sees the old or the new content; what is the same is not touched.
 *
 * @param secret readable by their owner alone
 * @returns whether anything changed
 */
export function writeMountedFiles(directory: string, files: Contents, secret: boolean): boolean {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  let changed = false;
  for (const [name, bytes] of files) {
    const file = path.join(directory, name);
    if (holds(file, bytes)) continue;
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    replaceFile(file, bytes, secret ? 0o600 : 0o644, `${directory}.new`);
    changed = true;
  }
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || files.has(path.relative(directory, file))) continue;
    rmSync(file);
    changed = true;
  }
  return changed;
}

/** Writes a file in one step: readers see all of it or what was there before. `temporary` is on the same file system. */
export function replaceFile(file: string, content: Buffer | string, mode: number, temporary = `${file}.new`): void {
  writeFileSync(temporary, content, { mode });
  chmodSync(temporary, mode);
  renameSync(temporary, file);
}

function holds(file: string, bytes: Buffer): boolean {
  try {
    return readFileSync(file).equals(bytes);
  } catch {
    return false;
  }
}
