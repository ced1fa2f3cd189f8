import type { Departing } from '@agentyard/runtime-kit';
import { ExpiringMap } from '../auth/expiring-map.js';
import type { IssuedToken } from './issued-token.js';
import type { CredentialLimits } from './token-endpoint.js';
import { UpstreamCredentialsError } from './upstream-credentials-error.js';

/** A token is replaced when this share of its life is left, or this time if that is less. */
const EARLY_SHARE = 0.1;
const EARLY_MS = 30_000;

/** Time until the next try when a token that still counts could not be replaced, in milliseconds. */
const RETRY_MS = 1_000;

interface KeptToken {
  readonly token: IssuedToken;
  /** Both in milliseconds since the epoch. */
  readonly since: number;
  renewAt: number;
}

/**
 * Tokens that were issued for one MCP server, by whom they are for. One is asked for once, however many wait for it, and
 * replaced before it ends, while the old one is still shown.
 */
export class TokenStore {
  private readonly kept: ExpiringMap<KeptToken>;
  private readonly refused: ExpiringMap<UpstreamCredentialsError>;
  private readonly pending = new Map<string, Promise<IssuedToken>>();

  public constructor(private readonly limits: Pick<CredentialLimits, 'tokens' | 'refusedMs' | 'refetchMs'>) {
    this.kept = new ExpiringMap(limits.tokens);
    this.refused = new ExpiringMap(limits.tokens);
  }

  /**
   * The token for somebody, from `fetch` if there is none.
   *
   * @param key whom it is for
   * @param signal ends the wait of this caller, and of no other
   * @throws UpstreamCredentialsError and the reason of the signal
   */
  public of(key: string, fetch: () => Promise<IssuedToken>, signal: Departing): Promise<string> | string {
    const known = this.kept.get(key);
    if (known === undefined) return this.wait(key, fetch, signal);
    if (Date.now() >= known.renewAt) {
      known.renewAt = Date.now() + RETRY_MS;
      // Who asks next learns of a refusal; what still counts is shown meanwhile.
      this.fetch(key, fetch).catch(() => undefined);
    }
    return known.token.text;
  }

  /** What was issued for somebody is not shown again, unless it is so new that another one would be no better. */
  public forget(key: string): void {
    const known = this.kept.get(key);
    if (known !== undefined && Date.now() - known.since >= this.limits.refetchMs) this.kept.delete(key);
  }

  private wait(key: string, fetch: () => Promise<IssuedToken>, signal: Departing): Promise<string> {
    const refused = this.refused.get(key);
    if (refused !== undefined) return Promise.reject(refused);
    if (signal.aborted) return Promise.reject(departureOf(signal));
    const asked = this.fetch(key, fetch);
    return new Promise((resolve, reject) => {
      const leave = () => reject(departureOf(signal));
      signal.addEventListener('abort', leave, { once: true });
      asked.then(({ text }) => resolve(text), reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  private fetch(key: string, fetch: () => Promise<IssuedToken>): Promise<IssuedToken> {
    const known = this.pending.get(key);
    if (known !== undefined) return known;
    const asked = this.ask(key, fetch).finally(() => this.pending.delete(key));
    this.pending.set(key, asked);
    return asked;
  }

  private async ask(key: string, fetch: () => Promise<IssuedToken>): Promise<IssuedToken> {
    const since = Date.now();
    try {
      const token = await fetch();
      const early = Math.min(EARLY_MS, (token.expiresAt - since) * EARLY_SHARE);
      this.kept.set(key, { token, since, renewAt: token.expiresAt - early }, token.expiresAt);
      return token;
    } catch (error) {
      if (error instanceof UpstreamCredentialsError && error.isAboutCaller) {
        this.kept.delete(key);
        this.refused.set(key, error, Date.now() + this.limits.refusedMs);
      }
      throw error;
    }
  }
}

function departureOf({ reason }: Departing): Error {
  return reason instanceof Error ? reason : new Error('nobody waits any more');
}
