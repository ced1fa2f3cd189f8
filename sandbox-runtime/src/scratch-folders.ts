import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ProcessTable } from './process-table.js';

/** Name of a call's folder: the pid of the runtime that made it, and the id of the call. */
const NAME = /^call-(\d+)-([\w-]+)$/;

/** The folder that one call may write to. */
export interface ScratchFolder {
  /** Absolute path. */
  readonly path: string;
  /** Random id of the call. */
  readonly id: string;
  remove(): Promise<void>;
}

/** The folders that calls may write to: each call gets an empty one, which is removed after it. */
export class ScratchFolders {
  /** @param directory absolute path without symbolic links */
  public constructor(public readonly directory: string) {}

  /**
   * Removes what a runtime that was killed has left: folders, and processes that wait for a call. Those of other runtimes
   * that live are kept.
   */
  public async removeLeftovers(table: ProcessTable): Promise<void> {
    for (const name of await readdir(this.directory)) {
      const [, runtime, id] = NAME.exec(name) ?? [];
      const pid = Number(runtime);
      if (pid !== process.pid && !(pid > 0 && !isAlive(pid))) continue;
      for (const entry of await table.snapshot()) if (entry.callId === id) kill(entry.pid);
      await remove(path.join(this.directory, name));
    }
  }

  /** Makes a new empty folder that only this user can enter. */
  public async create(): Promise<ScratchFolder> {
    const id = randomUUID();
    const folder = path.join(this.directory, `call-${process.pid}-${id}`);
    await mkdir(folder, { mode: 0o700 });
    return { path: folder, id, remove: () => remove(folder) };
  }
}

async function remove(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    // A tool may have taken away the right to list its folders, or nested them deeper than a path can be long.
    await flatten(folder);
    await rm(folder, { recursive: true, force: true });
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

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, or is out of reach.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
