/** Something that goes on until it is closed. */
export interface Closeable {
  close(): void;
}

/** Opens what a document names, or takes what is open under this key already. */
export type Open = <T extends Closeable>(key: readonly unknown[], make: () => Promise<T> | T) => Promise<T>;

/** What is open for the document in force: the next one keeps what it names too, and the rest is closed. */
export class DocumentResources {
  private held: ReadonlyMap<string, Closeable> = new Map();

  /**
   * Prepares for a document. What it opens replaces what is held when it is ready; if it fails, all stays as it was.
   */
  public async replace<T>(prepare: (open: Open) => Promise<T>): Promise<T> {
    const next = new Map<string, Closeable>();
    const open: Open = async <R extends Closeable>(key: readonly unknown[], make: () => Promise<R> | R) => {
      const name = JSON.stringify(key);
      const resource = (next.get(name) ?? this.held.get(name) ?? (await make())) as R;
      next.set(name, resource);
      return resource;
    };
    try {
      const prepared = await prepare(open);
      closeAllBut(next, this.held);
      this.held = next;
      return prepared;
    } catch (error) {
      closeAllBut(this.held, next);
      throw error;
    }
  }

  /** Closes all. */
  public close(): void {
    closeAllBut(new Map(), this.held);
  }
}

function closeAllBut(kept: ReadonlyMap<string, Closeable>, all: ReadonlyMap<string, Closeable>): void {
  for (const [name, resource] of all) if (!kept.has(name)) resource.close();
}
