import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { StoreDownError } from '@agentyard/runtime-kit';
import { LocalLocks } from './local-locks.js';
import type { Release, StateKey, StateStore } from './state-store.js';

const WHOLE = '.json';
const SWEEP_MS = 600_000;
/** What is written and not yet in its place. */
const UNFINISHED = '.part';

/**
 * Keeps texts as files of a folder, for one process. A file is replaced as a whole and on the disk before it counts; the time
 * of its last change is when it ends.
 */
export class VolumeStore implements StateStore {
  private readonly locks = new LocalLocks();
  private readonly sweeping: NodeJS.Timeout;

  /** @param directory absolute path; made when something is kept first */
  public constructor(private readonly directory: string) {
    this.sweeping = setInterval(() => void this.sweep().catch(() => undefined), SWEEP_MS).unref();
  }

  public async read(key: StateKey): Promise<string | undefined> {
    const file = this.fileOf(key);
    try {
      const { mtimeMs } = await stat(file);
      return mtimeMs <= Date.now() ? undefined : await readFile(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw down(error);
    }
  }

  public async write(key: StateKey, text: string, ttlMs: number): Promise<void> {
    const file = this.fileOf(key);
    const part = `${file}.${randomUUID()}${UNFINISHED}`;
    try {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      await written(part, text);
      const end = new Date(Date.now() + ttlMs);
      await utimes(part, end, end);
      await rename(part, file);
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      throw down(error);
    }
  }

  public async remove(key: StateKey): Promise<void> {
    await rm(this.fileOf(key), { force: true }).catch((error: unknown) => {
      throw down(error);
    });
  }

  public async list(kind: 'approval'): Promise<string[]> {
    try {
      const files = await readdir(path.join(this.directory, kind));
      return files.filter((file) => file.endsWith(WHOLE)).map((file) => file.slice(0, -WHOLE.length));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw down(error);
    }
  }

  public lock(key: StateKey): Promise<Release | undefined> {
    return Promise.resolve(this.locks.take(key));
  }

  public close(): void {
    clearInterval(this.sweeping);
  }

  /** Removes what has ended. */
  private async sweep(): Promise<void> {
    for (const kind of await readdir(this.directory)) {
      const folder = path.join(this.directory, kind);
      for (const name of await readdir(folder)) {
        const file = path.join(folder, name);
        const { mtimeMs } = await stat(file);
        if (mtimeMs <= Date.now() - (name.endsWith(UNFINISHED) ? SWEEP_MS : 0)) await rm(file, { force: true });
      }
    }
  }

  private fileOf({ kind, name }: StateKey): string {
    return path.join(this.directory, kind, name + WHOLE);
  }
}

async function written(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The words of the system name a file, and its code is enough. */
function down(error: unknown): StoreDownError {
  return new StoreDownError((error as NodeJS.ErrnoException).code ?? 'unknown reason');
}
