import type { McpServer } from 'agentyard/contract';
import type { Caller } from '../../auth/caller.js';

/** Most contexts of which something is kept for one server. */
const MAX_CONTEXTS = 1_000;

/**
 * In whose name a server is asked: what it has said to one is kept from all others (MCP 2026-07-28, Caching,
 * "private"). Empty where it sees the gateway alone, whoever calls.
 */
export function contextOf({ credentials }: Pick<McpServer, 'credentials'>, caller: Caller): string {
  if (credentials?.by === 'token-exchange') return caller.token?.fingerprint ?? 'no token';
  if (credentials?.by !== 'user-claim') return '';
  return JSON.stringify([caller.user, caller.issuer ?? null, [...caller.roles]]);
}

/** Something for each context; what was kept first goes first. */
export class PerContext<T> {
  private readonly kept = new Map<string, T>();

  public get(context: string): T | undefined {
    return this.kept.get(context);
  }

  public set(context: string, value: T): void {
    const [oldest] = this.kept.keys();
    if (this.kept.size >= MAX_CONTEXTS && oldest !== undefined && !this.kept.has(context)) this.kept.delete(oldest);
    this.kept.set(context, value);
  }

  public some(is: (value: T) => boolean): boolean {
    return [...this.kept.values()].some(is);
  }

  public delete(context: string): void {
    this.kept.delete(context);
  }
}
