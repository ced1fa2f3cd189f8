import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Name of a call's folder: the pid of the runtime that made it, and a random part. */
const NAME = /^call-(\d+)-\w+$/;

/** The folders that calls may write to: each call gets an empty one, which is removed after it. */
export class ScratchFolders {
  /** @param directory absolute path without symbolic links */
  public constructor(public readonly directory: string) {}

  /** Removes what a runtime that was killed has left. Folders of other runtimes that live are kept. */
  public async removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.directory)) {
      const pid = Number(NAME.exec(name)?.[1]);
      if (pid === process.pid || (pid > 0 && !isAlive(pid))) await this.remove(path.join(this.directory, name));
    }
  }

  /** @returns the absolute path of a new empty folder that only this user can enter */
  public async create(): Promise<string> {
    return mkdtemp(path.join(this.directory, `call-${process.pid}-`));
  }

  public async remove(folder: string): Promise<void> {
    try {
      await rm(folder, { recursive: true, force: true });
    } catch {
      // A tool may have taken away the right to list its folders, or nested them deeper than a path can be long.
      await flatten(folder);
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Removes the folders in a folder, one level after the other: what is in them is moved up and opened first. */
async function flatten(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  const waiting = await foldersIn(folder);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    await chmod(next, 0o700);
    for (const inner of await foldersIn(next)) {
      const moved = path.join(folder, randomUUID());
      await chmod(inner, 0o700);
      await rename(inner, moved);
      waiting.push(moved);
    }
    await rm(next, { recursive: true });
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(folder, name));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
