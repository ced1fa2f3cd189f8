import { LRUCache } from 'lru-cache';
import { LocalLocks } from './local-locks.js';
import type { Release, StateKey, StateStore } from './state-store.js';

/** Most that is kept in all, in characters: what was used longest ago is left out of more. */
const MOST_CHARACTERS = 64 * 1024 * 1024;

/** Keeps texts in memory, which ends with the process. */
export class MemoryStore implements StateStore {
  private readonly locks = new LocalLocks();
  private readonly texts = new LRUCache<string, string>({
    maxSize: MOST_CHARACTERS,
    sizeCalculation: (text) => text.length + 1,
  });

  public read(key: StateKey): Promise<string | undefined> {
    return Promise.resolve(this.texts.get(idOf(key)));
  }

  public write(key: StateKey, text: string, ttlMs: number): Promise<void> {
    return Promise.resolve(void this.texts.set(idOf(key), text, { ttl: ttlMs }));
  }

  public remove(key: StateKey): Promise<void> {
    return Promise.resolve(void this.texts.delete(idOf(key)));
  }

  public list(kind: 'approval'): Promise<string[]> {
    const prefix = idOf({ kind, name: '' });
    const ids = [...this.texts.keys()].filter((id) => id.startsWith(prefix));
    return Promise.resolve(ids.map((id) => id.slice(prefix.length)));
  }

  public lock(key: StateKey): Promise<Release | undefined> {
    return Promise.resolve(this.locks.take(key));
  }

  public close(): void {
    this.texts.clear();
  }
}

const idOf = ({ kind, name }: StateKey) => `${kind}/${name}`;
