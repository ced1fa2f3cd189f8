import type { LedgerState } from '../ledger.js';

/** A run that waits until a person has approved calls of tools. */
export interface PausedRun {
  /** Where the approval is kept. */
  readonly approvalId: string;
  /** When calls that nobody has approved count as denied, in milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly calls: readonly WaitingCall[];
  /** What the run has used so far. */
  readonly ledger: LedgerState;
  /**
   * Whether it was gone on with: calls that were approved may have been made, whatever came of the run, and are not made
   * again.
   */
  readonly isResumed?: boolean;
}

/** A call of a tool that waits for approval. */
export interface WaitingCall {
  /** Id of the call. */
  readonly id: string;
  /** What the model’s messages call its approval. */
  readonly approvalId: string;
  /** Name under which the tool is offered. */
  readonly name: string;
  readonly input: unknown;
}

/** What was decided about a call. */
export interface Verdict {
  readonly approved: boolean;
  /** What the model is told of a call that was denied. */
  readonly reason?: string;
}

/** A run that goes on, and what was decided about each of its calls, by the id of the call. */
export interface Resumption {
  readonly run: PausedRun;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Forgets the approval, once what came of it is kept. Never rejects. */
  readonly forget: () => Promise<void>;
}
