import { StoreDownError, ValkeyConnection, type StoreAccess, type ValkeyScript } from '@agentyard/runtime-kit';
import type { SharedStore } from 'agentyard/contract';
import type { Verdict } from '../gcra.js';
import type { AppliedRate } from '../local-rates.js';
import { ADD, RESERVE, TAKE } from './scripts.js';
import type { DayAmount, SharedCounts } from './shared-counts.js';

/** Counts in a Valkey or Redis. */
export class ValkeyCounts implements SharedCounts {
  /**
   * Begins to connect; whether that succeeds shows with the first question.
   *
   * @param prefix of all keys
   */
  public static async open(store: SharedStore, prefix: string, access: StoreAccess): Promise<ValkeyCounts> {
    return new ValkeyCounts(await ValkeyConnection.open(store, access), prefix);
  }

  private constructor(
    private readonly connection: ValkeyConnection,
    private readonly prefix: string,
  ) {}

  public async take(rates: readonly AppliedRate[]): Promise<Verdict[]> {
    const keys = rates.map(({ name, count }) => `rate:${name}:${count}`);
    const answer = await this.run(
      TAKE,
      keys,
      rates.flatMap(({ cells }) => [cells.intervalMs, cells.burst]),
    );
    if (!Array.isArray(answer) || answer.length !== rates.length * 2) throw new StoreDownError('its answer is none');
    return rates.map((_rate, i) => {
      const [wait, remaining] = [Number(answer[2 * i]), Number(answer[2 * i + 1])];
      return { allowed: wait === 0, emptyAt: 0, remaining, retryAfterMs: wait / 1_000 };
    });
  }

  public async reserve(amounts: readonly DayAmount[]): Promise<number> {
    const keys = amounts.map(({ count }) => `quota:${count}`);
    const numbers = amounts.flatMap(({ limit, reserve }) => [limit, reserve]);
    return Number(await this.run(RESERVE, keys, numbers));
  }

  public async add(count: string, amount: number): Promise<void> {
    await this.run(ADD, [`quota:${count}`], [amount]);
  }

  public close(): void {
    this.connection.close();
  }

  private run(script: ValkeyScript, keys: readonly string[], numbers: readonly number[]): Promise<unknown> {
    return this.connection.run(
      script,
      keys.map((key) => this.prefix + key),
      numbers.map(String),
    );
  }
}
