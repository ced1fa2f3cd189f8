/** What to do about a kubectl that has failed. */
export interface Remedy {
  /** Fits what it said. */
  readonly pattern: RegExp;
  readonly text: string;
}

/** What a command uses kubectl for. */
export interface KubectlUse {
  /** Who has written fields of objects, as the API server keeps it. */
  readonly fieldManager: string;
  /** Remedies of this use, beside those that hold for every one. */
  readonly remedies: readonly Remedy[];
}
