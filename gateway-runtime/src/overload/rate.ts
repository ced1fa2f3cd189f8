import type { RateLimit } from 'agentyard/contract';
import type { Caller } from '../auth/caller.js';
import { countName } from './count-name.js';
import type { AppliedRate } from './local-rates.js';

/** What a request is for. */
export type RateTarget =
  { readonly agent: string } | { readonly toolset: string; /** Absent: not a tool. */ readonly tool?: string };

/** A limit of a document. */
export class Rate {
  /** What clients are told of it, by draft-ietf-httpapi-ratelimit-headers-10. */
  public readonly policy: string;
  private readonly cells: AppliedRate['cells'];
  /** By who calls, where it does not matter what: callers mostly come again as the same objects. */
  private readonly known = new WeakMap<Caller, AppliedRate>();

  /** @param isShared whether replicas count together */
  public constructor(
    private readonly limit: RateLimit,
    public readonly isShared: boolean,
  ) {
    const { name, requests, windowMs, burst = requests } = limit;
    this.policy = `"${name}";q=${requests};w=${Math.ceil(windowMs / 1_000)}`;
    this.cells = { intervalMs: windowMs / requests, burst };
  }

  /** Whether it is about such requests. */
  public applies({ keyId, roles: held }: Caller, target: RateTarget): boolean {
    const { per, roles, agents, tools } = this.limit;
    if (keyId === undefined && per.includes('key')) return false;
    if (roles !== undefined && !roles.some((role) => held.has(role))) return false;
    if (agents === undefined && tools === undefined) return true;
    if ('agent' in target) return agents?.includes(target.agent) ?? false;
    const { toolset, tool } = target;
    return tools?.some((each) => each.toolset === toolset && (each.tool === undefined || each.tool === tool)) ?? false;
  }

  /** It, and which of its counts it is for a request. */
  public appliedTo(caller: Caller, target: RateTarget): AppliedRate {
    if (this.limit.per.includes('tool')) return this.applied(caller, target);
    let applied = this.known.get(caller);
    if (applied === undefined) this.known.set(caller, (applied = this.applied(caller, target)));
    return applied;
  }

  private applied({ user, issuer, keyId }: Caller, target: RateTarget): AppliedRate {
    const { name, per } = this.limit;
    const parts: string[] = [];
    if (per.includes('user')) parts.push('user', issuer ?? '', user);
    if (per.includes('key')) parts.push('key', keyId ?? '');
    if (per.includes('tool')) parts.push(...('agent' in target ? ['agent', target.agent] : toolParts(target)));
    return { name, cells: this.cells, count: countName(...parts) };
  }
}

function toolParts({ toolset, tool }: { readonly toolset: string; readonly tool?: string }): string[] {
  return ['tool', toolset, ...(tool === undefined ? [] : [tool])];
}
