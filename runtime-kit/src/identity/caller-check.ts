import type { IncomingHttpHeaders } from 'node:http';
import { USER_CLAIM_HEADER, type AgentIdentity, type ToolsetIdentity, type UserClaim } from 'agentyard/contract';
import { CallerRefused } from './caller-refused.js';
import { ServiceTokenCheck } from './service-token-check.js';
import type { TrustStore } from './trust-store.js';
import { UserClaimCheck } from './user-claim-check.js';

/** An entry of the `callers` of a document. */
export type Caller = AgentIdentity['callers'][number] | ToolsetIdentity['callers'][number];

/** The `identity` of a service's document. */
export interface CalledIdentity<C extends Caller> {
  readonly audience: string;
  /** `azp` of the user claims for it; absent: the claims name the caller. */
  readonly subject?: string;
  readonly callers: readonly C[];
}

/** A caller that has shown who it is, and for whom it calls. */
export interface CheckedCaller<C extends Caller = Caller> {
  readonly caller: C;
  /** The claim that it brought; absent if it brought none. */
  readonly user?: UserClaim;
}

/** Checks who calls a service, and for whom. */
export class CallerCheck<C extends Caller = Caller> {
  private readonly callers: ReadonlyMap<string, C>;
  private readonly tokens: ServiceTokenCheck;
  private readonly claims: UserClaimCheck;

  public constructor(
    private readonly trust: TrustStore,
    private readonly identity: CalledIdentity<C>,
  ) {
    this.callers = new Map(identity.callers.map((caller) => [caller.subject, caller]));
    this.tokens = new ServiceTokenCheck(identity.audience);
    this.claims = new UserClaimCheck(identity.audience);
  }

  /**
   * Checks the service token of a request, and its user claim if it has one. Needs no body.
   *
   * @throws CallerRefused `auth-missing`, `auth-invalid`; `caller-refused` for a service that the document does not
   *   name, and for a claim that does not count here; `issuer-unavailable` while there is no trust bundle
   */
  public async check(headers: IncomingHttpHeaders): Promise<CheckedCaller<C>> {
    const { keys } = this.trust;
    if (keys === undefined) throw new CallerRefused('issuer-unavailable', 'trust-missing');
    const subject = await this.tokens.subjectOf(bearerOf(headers.authorization), keys);
    const caller = this.callers.get(subject);
    if (caller === undefined) throw new CallerRefused('caller-refused', 'caller-unknown', { caller: subject });
    const claim = headers[USER_CLAIM_HEADER];
    if (claim === undefined) return { caller };
    const party = this.identity.subject ?? caller.subject;
    const demands = { caller: caller.name, issuers: caller.claimIssuers, party };
    return { caller, user: await this.claims.check(String(claim), keys, demands) };
  }
}

function bearerOf(authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') throw new CallerRefused('auth-missing', 'token-missing');
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (token === undefined) throw new CallerRefused('auth-invalid', 'token-malformed');
  return token;
}
