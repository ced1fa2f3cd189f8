import { MICROS, microCostOf, type ModelPrice, type Quota } from 'agentyard/contract';
import { StoreDownError, type Logger } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import { countName } from './count-name.js';
import { Refusal } from './refusal.js';
import type { DayAmount, SharedCounts } from './store/shared-counts.js';

/** Tokens that a request has used. */
export interface TokenUse {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** An agent, as far as quotas go. */
export interface ChargedAgent {
  readonly name: string;
  readonly price?: ModelPrice;
}

const DAY_MS = 86_400_000;
/** When a store that is down may answer again. */
const STORE_RETRY_MS = 5_000;
/** Counts that are not corrected yet, since the store is down; what is more stays as it was reserved. */
const MOST_PENDING = 10_000;

/** How much users use in a day, by the quotas of one document. */
export class Quotas {
  /** @param now milliseconds since the epoch */
  public constructor(
    private readonly quotas: readonly Quota[],
    private readonly ledger: Ledger,
    private readonly now: () => number,
  ) {}

  /**
   * Reserves what a request may use.
   *
   * @returns absent if no quota applies
   * @throws Refusal `quota-exceeded`, `quota-unavailable`
   */
  public reserve(caller: Caller, agent: ChargedAgent): Promise<Reservation> | undefined {
    if (this.quotas.length === 0) return undefined;
    const applied = this.quotas.filter(
      ({ roles, agents }) =>
        (agents?.includes(agent.name) ?? true) && (roles?.some((role) => caller.roles.has(role)) ?? true),
    );
    return applied.length === 0 ? undefined : this.reserveAll(applied, caller, agent);
  }

  private async reserveAll(quotas: readonly Quota[], caller: Caller, agent: ChargedAgent): Promise<Reservation> {
    const now = this.now();
    const day = new Date(now).toISOString().slice(0, 10);
    const amounts = quotas.map(({ name, unit, perDay, reserve }) => {
      const factor = unit === 'money' ? MICROS : 1;
      const count = `${name}:${day}:${countName(caller.issuer ?? '', caller.user)}`;
      return { count, limit: Math.round(perDay * factor), reserve: Math.max(1, Math.round(reserve * factor)) };
    });
    const exceeded = await this.ledger.reserve(amounts);
    if (exceeded < 0) return new Reservation(quotas, amounts, agent.price, this.ledger);
    const { name } = quotas[exceeded] as Quota;
    throw new Refusal('quota-exceeded', `the quota "${name}" of the day is used up`, DAY_MS - (now % DAY_MS));
  }
}

/** What a request may use. It is settled once. */
export class Reservation {
  public constructor(
    private readonly quotas: readonly Quota[],
    private readonly amounts: readonly DayAmount[],
    private readonly price: ModelPrice | undefined,
    private readonly ledger: Ledger,
  ) {}

  /** Charges what was used, in place of what was reserved. */
  public settle(used: TokenUse): void {
    this.quotas.forEach(({ unit }, i) => {
      const { count, reserve } = this.amounts[i] as DayAmount;
      this.ledger.correct(count, (unit === 'money' ? this.costOf(used) : tokensOf(used)) - reserve);
    });
  }

  /** Charges nothing, since nothing was sent. */
  public release(): void {
    this.settle({ inputTokens: 0, outputTokens: 0 });
  }

  private costOf(used: TokenUse): number {
    return this.price === undefined ? 0 : microCostOf(used, this.price);
  }
}

/** The counts of all days in the store. */
export class Ledger {
  private readonly pending = new Map<string, number>();

  /** @param counts absent: there is none, and no quota either */
  public constructor(
    private readonly counts: SharedCounts | undefined,
    private readonly log: Logger,
  ) {}

  /** What is not charged yet goes to the store as long as there is one. */
  public close(): void {}

  /** @returns index of the first that is used up, -1 if none is. @throws Refusal `quota-unavailable` */
  public async reserve(amounts: readonly DayAmount[]): Promise<number> {
    try {
      // Before anything is allowed by it, the store gets to know what it missed.
      await this.flush();
      if (this.counts === undefined) throw new StoreDownError('there is none');
      return await this.counts.reserve(amounts);
    } catch (error) {
      if (!(error instanceof StoreDownError)) throw error;
      this.log.error(
        { event: 'quota-unavailable', reason: error.message },
        'a request is refused, since its quota cannot be checked',
      );
      throw new Refusal('quota-unavailable', 'its quota cannot be checked', STORE_RETRY_MS);
    }
  }

  /** Adds to a count, or takes from it: now, or when the store answers again. */
  public correct(count: string, amount: number): void {
    if (amount === 0) return;
    if (this.pending.has(count) || this.pending.size < MOST_PENDING)
      this.pending.set(count, (this.pending.get(count) ?? 0) + amount);
    this.flush().catch((error: Error) =>
      this.log.warn({ event: 'store-unavailable', reason: error.message }, 'what was used is charged later'),
    );
  }

  private async flush(): Promise<void> {
    for (const [count, amount] of [...this.pending]) {
      if (!this.pending.delete(count)) continue;
      try {
        await this.counts?.add(count, amount);
      } catch (error) {
        this.pending.set(count, (this.pending.get(count) ?? 0) + amount);
        throw error;
      }
    }
  }
}

function tokensOf({ inputTokens, outputTokens }: TokenUse): number {
  return inputTokens + outputTokens;
}
