/** `session` has what was said, `approval` what waits for a person. */
export type StateKind = 'session' | 'approval';

/** What is kept, by its kind and its name in it: letters, digits, `-` and `_`. */
export interface StateKey {
  readonly kind: StateKind;
  readonly name: string;
}

/** Ends a lock. */
export type Release = () => Promise<void>;

/** Keeps texts, each for a time. Its methods throw StoreDownError when it cannot be asked. */
export interface StateStore {
  /** @returns undefined if there is none any more */
  read(key: StateKey): Promise<string | undefined>;
  /** @param ttlMs how long it is kept from now on, in milliseconds */
  write(key: StateKey, text: string, ttlMs: number): Promise<void>;
  remove(key: StateKey): Promise<void>;
  /** Names of what is kept of a kind that is listed: approvals. */
  list(kind: 'approval'): Promise<string[]>;
  /**
   * Keeps others from it, on every replica.
   *
   * @param forMs how long at most, in milliseconds
   * @returns undefined if somebody else has it
   */
  lock(key: StateKey, forMs: number): Promise<Release | undefined>;
  close(): void;
}
