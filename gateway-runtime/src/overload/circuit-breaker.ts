import type { LoadLimits } from 'agentyard/contract';

export type CircuitState = 'closed' | 'open' | 'half-open';

/** How a request to a callee ended, as far as that says something of the callee. */
export type Outcome = 'ok' | 'failed' | 'unknown';

/** Parts of the window that are forgotten one by one. */
const SLICES = 10;

interface Slice {
  /** Number of the span of time that it counts. */
  at: number;
  answers: number;
  failures: number;
}

/**
 * Leaves a callee alone that fails too often. Closed, all requests pass; open, none do; half-open, a few try whether it
 * answers again, and have to succeed one after another.
 */
export class CircuitBreaker {
  private readonly slices: Slice[] = Array.from({ length: SLICES }, () => ({ at: -1, answers: 0, failures: 0 }));
  private openedAt = 0;
  private current: CircuitState = 'closed';
  /** Half-open: requests that are on their way, and those that succeeded. */
  private probing = 0;
  private succeeded = 0;
  /** Counts changes of state: what began before one says nothing after it. */
  private era = 0;

  /** @param onChange told of each change of state */
  public constructor(
    private readonly limits: LoadLimits['circuitBreaker'],
    private readonly now: () => number,
    private readonly onChange: (state: CircuitState) => void = () => undefined,
  ) {}

  /** The state now. It is open until somebody asks whether a request may pass. */
  public get state(): CircuitState {
    return this.current;
  }

  /** Whether no request may pass at present; one that waits for its turn does not hold up others that try. */
  public get refuses(): boolean {
    if (this.current === 'open') return this.retryAfterMs > 0;
    return this.current === 'half-open' && this.probing >= this.limits.probes;
  }

  /** Time until a request may pass again, in milliseconds. */
  public get retryAfterMs(): number {
    return this.current === 'open' ? Math.max(0, this.openedAt + this.limits.openMs - this.now()) : 0;
  }

  /** Lets a request pass. @returns takes its outcome, once; absent if it may not */
  public pass(): ((outcome: Outcome) => void) | undefined {
    if (this.refuses) return undefined;
    if (this.current === 'open') this.change('half-open');
    const { era } = this;
    if (this.current === 'half-open') this.probing += 1;
    return (outcome) => {
      if (era !== this.era) return;
      if (this.current === 'half-open') this.endProbe(outcome);
      else if (outcome !== 'unknown') this.count(outcome === 'failed');
    };
  }

  private endProbe(outcome: Outcome): void {
    this.probing -= 1;
    if (outcome === 'failed') return this.open();
    if (outcome === 'ok') this.succeeded += 1;
    if (this.succeeded >= this.limits.probes) this.change('closed');
  }

  private count(isFailure: boolean): void {
    const { windowMs, minRequests, errorRate } = this.limits;
    const at = Math.floor((this.now() * SLICES) / windowMs);
    const slice = this.slices[at % SLICES] as Slice;
    if (slice.at !== at) Object.assign(slice, { at, answers: 0, failures: 0 });
    slice.answers += 1;
    if (!isFailure) return;
    slice.failures += 1;
    const recent = this.slices.filter((other) => other.at > at - SLICES);
    const answers = recent.reduce((sum, other) => sum + other.answers, 0);
    const failures = recent.reduce((sum, other) => sum + other.failures, 0);
    if (answers >= minRequests && failures / answers >= errorRate) this.open();
  }

  private open(): void {
    this.openedAt = this.now();
    this.change('open');
  }

  private change(state: CircuitState): void {
    this.current = state;
    this.era += 1;
    this.probing = 0;
    this.succeeded = 0;
    if (state === 'closed') for (const slice of this.slices) slice.at = -1;
    this.onChange(state);
  }
}
