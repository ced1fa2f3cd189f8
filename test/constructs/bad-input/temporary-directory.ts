import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folders: string[] = [];

/** A folder with these files. */
export function directoryWith(files: Record<string, string>): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'agentyard-tools-'));
  folders.push(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
  return directory;
}

/** Removes the folders; call it from afterAll. */
export function removeDirectories(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
