/** Share of the requests that may be sent a second time. */
const RETRY_SHARE = 0.2;

/** Retries that are saved up at most. */
const MOST_SAVED = 10;

/** Retries are earned by requests, so that a callee which fails gets no flood of them. */
export class RetryBudget {
  private saved = MOST_SAVED;

  /** Counts a request. */
  public earn(): void {
    this.saved = Math.min(MOST_SAVED, this.saved + RETRY_SHARE);
  }

  /** Takes a retry, if there is one. */
  public spend(): boolean {
    if (this.saved < 1) return false;
    this.saved -= 1;
    return true;
  }
}
