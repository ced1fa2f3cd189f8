import { randomUUID } from 'node:crypto';
import type { UserClaimSigner } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import type { Callee } from './upstream-identity.js';

/** How much longer than the call a user claim lives, in milliseconds: clocks differ, and requests travel. */
export const CLAIM_MARGIN_MS = 30_000;

/** How long a claim goes along with a user's next calls, in milliseconds: less than the margin. */
export const CLAIM_REUSE_MS = 10_000;

/** Most claims that are kept. */
export const MAX_CLAIMS = 10_000;

interface SignedClaim {
  readonly jwt: string;
  /** In milliseconds of the clock. */
  readonly until: number;
}

/** User claims that were signed a moment ago: to sign one costs more than all else that a call does. */
export class SignedClaims {
  private readonly claims = new Map<string, SignedClaim>();
  /** The keys of those who are known: callers and callees do not change, and mostly come again as the same objects. */
  private readonly keys = new WeakMap<Caller, WeakMap<Callee, string>>();

  /** @param now a clock that only goes forward, in milliseconds */
  public constructor(
    private readonly issuer: string,
    private readonly signer: UserClaimSigner,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A claim for a call, at once if one is known. Rejects with what the signer throws. */
  public of(caller: Caller, callee: Callee): string | Promise<string> {
    const key = this.keyOf(caller, callee);
    const known = this.claims.get(key);
    return known !== undefined && this.now() < known.until ? known.jwt : this.signedAnew(key, caller, callee);
  }

  private async signedAnew(key: string, caller: Caller, callee: Callee): Promise<string> {
    const until = this.now() + CLAIM_REUSE_MS;
    const jwt = await this.sign(caller, callee);
    this.keep(key, { jwt, until });
    return jwt;
  }

  private sign(caller: Caller, { audiences, presenter, timeoutMs }: Callee): Promise<string> {
    const claims = {
      iss: this.issuer,
      sub: caller.user,
      ...(caller.issuer !== undefined && { idp: caller.issuer }),
      roles: [...caller.roles],
      aud: [...audiences],
      azp: presenter,
      jti: randomUUID(),
    };
    return this.signer.sign(claims, timeoutMs + CLAIM_MARGIN_MS);
  }

  private keyOf(caller: Caller, callee: Callee): string {
    let keys = this.keys.get(caller);
    if (keys === undefined) this.keys.set(caller, (keys = new WeakMap()));
    let key = keys.get(callee);
    if (key === undefined) keys.set(callee, (key = keyOf(caller, callee)));
    return key;
  }

  /** The oldest goes: a Map keeps the order in which its members came. */
  private keep(key: string, claim: SignedClaim): void {
    this.claims.delete(key);
    const [oldest] = this.claims.keys();
    if (this.claims.size >= MAX_CLAIMS && oldest !== undefined) this.claims.delete(oldest);
    this.claims.set(key, claim);
  }
}

/** All that a claim says, but for its times and id. */
function keyOf({ user, issuer, roles }: Caller, { audiences, presenter, timeoutMs }: Callee): string {
  return JSON.stringify([user, issuer ?? null, [...roles], audiences, presenter, timeoutMs]);
}
