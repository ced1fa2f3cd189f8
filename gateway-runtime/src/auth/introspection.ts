import type { TokenIssuer } from 'agentyard/contract';
import { AuthFailure } from './auth-failure.js';
import type { Caller } from './caller.js';
import { ExpiringMap } from './expiring-map.js';
import { readAnswer } from './introspection-answer.js';
import type { IntrospectionEndpoint, IntrospectionLimits } from './introspection-endpoint.js';
import { tokenId } from './verified-tokens.js';

/**
 * Asks an issuer about its tokens (RFC 7662), once for all who show the same one at the same time. What it says counts
 * for a moment, so a token that it takes back stops within that time.
 */
export class Introspection {
  private readonly active: ExpiringMap<Caller>;
  private readonly refused: ExpiringMap<AuthFailure>;
  private readonly pending = new Map<string, Promise<Caller>>();
  private readonly confirmed = new WeakMap<Caller, { readonly now: Caller; readonly both: Caller }>();

  public constructor(
    private readonly issuer: TokenIssuer,
    private readonly endpoint: Pick<IntrospectionEndpoint, 'ask'>,
    private readonly limits: IntrospectionLimits,
  ) {
    this.active = new ExpiringMap(limits.tokens);
    this.refused = new ExpiringMap(limits.tokens);
  }

  /**
   * Finds out whom a token stands for, at once if the issuer has said so a moment ago.
   *
   * @throws AuthFailure
   */
  public callerOf(token: string): Caller | Promise<Caller> {
    const id = tokenId(token);
    const known = this.active.get(id);
    if (known !== undefined) return known;
    const refused = this.refused.get(id);
    if (refused !== undefined) throw refused;
    const pending = this.pending.get(id) ?? this.ask(id, token).finally(() => this.pending.delete(id));
    this.pending.set(id, pending);
    return pending;
  }

  /**
   * Asks about a token that was checked already. The answer takes roles away and gives none.
   *
   * @param caller whom the token stands for by itself
   * @throws AuthFailure
   */
  public confirm(token: string, caller: Caller): Caller | Promise<Caller> {
    const now = this.callerOf(token);
    return now instanceof Promise ? now.then((said) => this.both(caller, said)) : this.both(caller, now);
  }

  /** The same one for the same two, so that what is known of it is found by it. */
  private both(caller: Caller, now: Caller): Caller {
    const known = this.confirmed.get(caller);
    if (known?.now === now) return known.both;
    if (now.user !== caller.user) throw new AuthFailure('subject-differs', { by: 'access-token', issuer: now.issuer });
    const both = { ...caller, roles: new Set([...caller.roles].filter((role) => now.roles.has(role))) };
    this.confirmed.set(caller, { now, both });
    return both;
  }

  private async ask(id: string, token: string): Promise<Caller> {
    // From here on, since the issuer may take the token back while its answer is on the way.
    const now = Date.now();
    try {
      const answer = await this.endpoint.ask(token);
      const { caller, expiresAt } = readAnswer(answer, this.issuer, Date.now());
      this.active.set(id, caller, Math.min(expiresAt, now + this.limits.activeMs));
      return caller;
    } catch (error) {
      if (error instanceof AuthFailure && error.reason !== 'issuer-unavailable') {
        this.refused.set(id, error, Date.now() + this.limits.refusedMs);
      }
      throw error;
    }
  }
}
