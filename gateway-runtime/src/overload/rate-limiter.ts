import type { RateLimit } from 'agentyard/contract';
import { StoreDownError, type Logger } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import type { Verdict } from './gcra.js';
import type { AppliedRate, LocalRates } from './local-rates.js';
import { Rate, type RateTarget } from './rate.js';
import { Refusal } from './refusal.js';
import type { SharedCounts } from './store/shared-counts.js';

/** Takes headers of an answer. */
export interface Headed {
  setHeader(name: string, value: string): unknown;
}

/** What the limits say that were asked of a request. */
interface Judged {
  readonly rates: readonly AppliedRate[];
  /** Absent for one that was not asked. */
  readonly verdicts: readonly (Verdict | undefined)[];
}

/** How often callers may call, by the limits of one document. */
export class RateLimiter {
  private readonly rates: readonly Rate[];

  /** @param shared where replicas count together; absent: nowhere */
  public constructor(
    limits: readonly RateLimit[],
    private readonly local: LocalRates,
    private readonly shared: SharedCounts | undefined,
    private readonly log: Logger,
  ) {
    this.rates = limits.map((limit) => new Rate(limit, limit.counted === 'shared' && shared !== undefined));
    local.keepOnly(new Set(limits.map(({ name }) => name)));
  }

  /**
   * Counts a request, and tells its client of the limits.
   *
   * @returns absent if nothing is waited for
   * @throws Refusal `rate-limited`
   */
  public take(caller: Caller, target: RateTarget, answer: Headed): Promise<void> | undefined {
    let policy = '';
    const rates: AppliedRate[] = [];
    const shared: AppliedRate[] = [];
    for (const rate of this.rates) {
      if (!rate.applies(caller, target)) continue;
      policy += policy === '' ? rate.policy : `, ${rate.policy}`;
      const applied = rate.appliedTo(caller, target);
      rates.push(applied);
      if (rate.isShared) shared.push(applied);
    }
    if (rates.length === 0) return undefined;
    answer.setHeader('ratelimit-policy', policy);
    if (shared.length > 0) return this.judgeShared(rates, shared).then((judged) => tell(judged, answer));
    tell({ rates, verdicts: this.local.take(rates) }, answer);
    return undefined;
  }

  /** @param shared those of them that replicas count together */
  private async judgeShared(rates: readonly AppliedRate[], shared: readonly AppliedRate[]): Promise<Judged> {
    const verdicts = new Map<AppliedRate, Verdict>();
    const note = (judged: readonly AppliedRate[], found: readonly Verdict[]): void =>
      found.forEach((verdict, i) => verdicts.set(judged[i] as AppliedRate, verdict));
    const ours = rates.filter((rate) => !shared.includes(rate));
    note(ours, this.local.take(ours));
    // What ours refuse costs no question.
    if ([...verdicts.values()].every(({ allowed }) => allowed)) note(shared, await this.takeShared(shared));
    return { rates, verdicts: rates.map((rate) => verdicts.get(rate)) };
  }

  private async takeShared(rates: readonly AppliedRate[]): Promise<Verdict[]> {
    try {
      return (await this.shared?.take(rates)) ?? [];
    } catch (error) {
      if (!(error instanceof StoreDownError)) throw error;
      this.log.warn(
        { event: 'store-unavailable', reason: error.message },
        'rate limits that are shared are counted by this replica for itself',
      );
      return this.local.take(rates);
    }
  }
}

/** By draft-ietf-httpapi-ratelimit-headers-10. @throws Refusal of the limit that refuses for longest */
function tell({ rates, verdicts }: Judged, answer: Headed): void {
  let state = '';
  let refusal: { readonly name: string; readonly retryAfterMs: number } | undefined;
  for (let i = 0; i < rates.length; i += 1) {
    const [rate, verdict] = [rates[i] as AppliedRate, verdicts[i]];
    if (verdict === undefined) continue;
    state += `${state === '' ? '' : ', '}${stateOf(rate, verdict)}`;
    const { allowed, retryAfterMs } = verdict;
    if (!allowed && retryAfterMs > (refusal?.retryAfterMs ?? -1)) refusal = { name: rate.name, retryAfterMs };
  }
  answer.setHeader('ratelimit', state);
  if (refusal === undefined) return;
  throw new Refusal('rate-limited', `the limit "${refusal.name}" is reached`, refusal.retryAfterMs);
}

/** `r`: requests that are left; `t`: seconds until there are more of them. */
function stateOf({ name, cells }: AppliedRate, { allowed, remaining, retryAfterMs }: Verdict): string {
  const ms = allowed ? (cells.burst - remaining) * cells.intervalMs : retryAfterMs;
  return `"${name}";r=${remaining};t=${Math.max(1, Math.ceil(ms / 1_000))}`;
}
