import type { RateLimit } from 'agentyard/contract';
import type { Logger } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import { countName } from './count-name.js';
import type { Cells, Verdict } from './gcra.js';
import type { AppliedRate, LocalRates } from './local-rates.js';
import { Refusal } from './refusal.js';
import { StoreDownError, type SharedCounts } from './store/shared-counts.js';

/** What a request is for. */
export type RateTarget =
  { readonly agent: string } | { readonly toolset: string; /** Absent: not a tool. */ readonly tool?: string };

/** Takes headers of the answer. */
export type SetHeader = (name: string, value: string) => void;

interface Rate {
  readonly limit: RateLimit;
  readonly cells: Cells;
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
    this.rates = limits.map((limit) => ({
      limit,
      cells: { intervalMs: limit.windowMs / limit.requests, burst: limit.burst ?? limit.requests },
    }));
    local.keepOnly(new Set(limits.map(({ name }) => name)));
  }

  /**
   * Counts a request, and tells its client of the limits.
   *
   * @returns absent if nothing is waited for
   * @throws Refusal `rate-limited`
   */
  public take(caller: Caller, target: RateTarget, setHeader: SetHeader): Promise<void> | undefined {
    if (this.rates.length === 0) return undefined;
    const applied = this.rates.filter(({ limit }) => applies(limit, caller, target));
    if (applied.length === 0) return undefined;
    const rates = applied.map(({ limit, cells }) => ({
      name: limit.name,
      cells,
      count: countOf(limit, caller, target),
    }));
    const isShared = applied.map(({ limit }) => limit.counted === 'shared' && this.shared !== undefined);
    const ours = rates.filter((_rate, i) => isShared[i] !== true);
    // Ours first: what they refuse costs no question.
    const verdicts = new Map(zip(ours, this.local.take(ours)));
    const tell = (): void => this.tell(applied, rates, verdicts, setHeader);
    const isRefused = [...verdicts.values()].some(({ allowed }) => !allowed);
    if (isRefused || ours.length === rates.length) return void tell();
    const others = rates.filter((_rate, i) => isShared[i] === true);
    return this.takeShared(others).then((found) => {
      for (const [rate, verdict] of zip(others, found)) verdicts.set(rate, verdict);
      tell();
    });
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

  /** By draft-ietf-httpapi-ratelimit-headers-10. */
  private tell(
    applied: readonly Rate[],
    rates: readonly AppliedRate[],
    verdicts: ReadonlyMap<AppliedRate, Verdict>,
    setHeader: SetHeader,
  ): void {
    const policies = applied.map(
      ({ limit }) => `"${limit.name}";q=${limit.requests};w=${Math.ceil(limit.windowMs / 1_000)}`,
    );
    setHeader('ratelimit-policy', policies.join(', '));
    const found = rates.flatMap((rate) => {
      const verdict = verdicts.get(rate);
      return verdict === undefined ? [] : [{ rate, verdict }];
    });
    setHeader('ratelimit', found.map(({ rate, verdict }) => stateOf(rate, verdict)).join(', '));
    const [first] = found
      .filter(({ verdict }) => !verdict.allowed)
      .sort((a, b) => b.verdict.retryAfterMs - a.verdict.retryAfterMs);
    if (first === undefined) return;
    throw new Refusal('rate-limited', `the limit "${first.rate.name}" is reached`, first.verdict.retryAfterMs);
  }
}

function applies({ per, roles, agents, tools }: RateLimit, caller: Caller, target: RateTarget): boolean {
  if (per.includes('key') && caller.keyId === undefined) return false;
  if (roles !== undefined && !roles.some((role) => caller.roles.has(role))) return false;
  if (agents === undefined && tools === undefined) return true;
  if ('agent' in target) return agents?.includes(target.agent) ?? false;
  const { toolset, tool } = target;
  return tools?.some((each) => each.toolset === toolset && (each.tool === undefined || each.tool === tool)) ?? false;
}

function countOf({ per }: RateLimit, { user, issuer, keyId }: Caller, target: RateTarget): string {
  const parts: string[] = [];
  if (per.includes('user')) parts.push('user', issuer ?? '', user);
  if (per.includes('key')) parts.push('key', keyId ?? '');
  if (per.includes('tool')) parts.push(...('agent' in target ? ['agent', target.agent] : toolParts(target)));
  return countName(...parts);
}

function toolParts({ toolset, tool }: { readonly toolset: string; readonly tool?: string }): string[] {
  return ['tool', toolset, ...(tool === undefined ? [] : [tool])];
}

/** `r`: requests that are left; `t`: seconds until there are more of them. */
function stateOf({ name, cells }: AppliedRate, { allowed, remaining, retryAfterMs }: Verdict): string {
  const ms = allowed ? (cells.burst - remaining) * cells.intervalMs : retryAfterMs;
  return `"${name}";r=${remaining};t=${Math.max(1, Math.ceil(ms / 1_000))}`;
}

function zip<A, B>(a: readonly A[], b: readonly B[]): [A, B][] {
  return a.flatMap((each, i) => (i < b.length ? [[each, b[i] as B] as [A, B]] : []));
}
