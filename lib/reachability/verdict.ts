/** Whether one may connect to another, and why. */
export interface Verdict {
  readonly allowed: boolean;
  /** How it gets there, if it does: itself, or through the egress proxy. */
  readonly via?: 'direct' | 'proxy';
  /** The objects and rules that allow it; or, if it is not allowed, those of the side that does not. */
  readonly because: readonly string[];
  /**
   * For a name that may not be connected to: what lets it be asked of DNS all the same. Data may leave in questions to
   * DNS, so this is a path, if a narrow one.
   */
  readonly dns?: readonly string[];
}
