import type { Release, StateKey } from './state-store.js';

/** Locks of the only process that there is. They need no end: who holds one ends with it. */
export class LocalLocks {
  private readonly held = new Set<string>();

  /** @returns undefined if somebody else has it */
  public take({ kind, name }: StateKey): Release | undefined {
    const id = `${kind}/${name}`;
    if (this.held.has(id)) return undefined;
    this.held.add(id);
    return () => Promise.resolve(void this.held.delete(id));
  }
}
