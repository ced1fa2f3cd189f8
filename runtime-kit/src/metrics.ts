/** How a request ended. */
export const OUTCOMES = ['ok', 'refused', 'overloaded', 'failed', 'aborted'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What a runtime works on at this moment. */
export interface Load {
  /** Requests that are being answered; a stream counts until it ends. */
  readonly inFlight: number;
  /** Requests that wait for their turn. */
  readonly queued: number;
}

/** What a runtime counts from its start on. */
export class Metrics {
  private readonly counts = new Map<Outcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));
  private failures = 0;

  /** Counts a request that has ended. */
  public countRequest(outcome: Outcome): void {
    this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
  }

  /** Counts a new document that was refused while the old one stayed in force. */
  public countReloadFailure(): void {
    this.failures += 1;
  }

  /** Requests that have ended, by outcome. */
  public get requests(): ReadonlyMap<Outcome, number> {
    return this.counts;
  }

  public get reloadFailures(): number {
    return this.failures;
  }
}
