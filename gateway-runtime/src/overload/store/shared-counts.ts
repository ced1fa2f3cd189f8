import type { Verdict } from '../gcra.js';
import type { AppliedRate } from '../local-rates.js';

/** An amount that is counted for a user and a day. */
export interface DayAmount {
  /** Name of the count. */
  readonly count: string;
  readonly limit: number;
  /** Whole number that is added if all counts are below their limits. */
  readonly reserve: number;
}

/** What all replicas count together. */
export interface SharedCounts {
  /** Counts a request, unless one of the limits refuses it. @throws StoreDownError */
  take(rates: readonly AppliedRate[]): Promise<Verdict[]>;
  /** Reserves amounts. @returns index of the first that is used up, -1 if none is. @throws StoreDownError */
  reserve(amounts: readonly DayAmount[]): Promise<number>;
  /** Adds to a count, or takes from it. @throws StoreDownError */
  add(count: string, amount: number): Promise<void>;
  close(): void;
}
