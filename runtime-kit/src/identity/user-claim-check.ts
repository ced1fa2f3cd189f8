import { USER_CLAIM_ALGORITHM, USER_CLAIM_TYPE, userClaim, type UserClaim } from 'agentyard/contract';
import { decodeJwt } from 'jose';
import { CallerRefused, type RefusalReason } from './caller-refused.js';
import { checkJwt, CLOCK_TOLERANCE_S, JwtError } from './jwt-check.js';
import type { TrustedKeys } from './trusted-keys.js';

/** Longest life of a user claim, in seconds: the longest deadline of a call, and a minute for the way. */
export const MAX_CLAIM_LIFETIME_S = 16 * 60;

/** What a claim must say of the one who brings it. */
export interface ClaimDemands {
  /** Name of the caller, for the audit line. */
  readonly caller: string;
  /** Gateways whose claims it may bring. */
  readonly issuers: readonly string[];
  /** `azp`. */
  readonly party: string;
}

/** Checks the user claims that callers bring to one service. */
export class UserClaimCheck {
  public constructor(private readonly audience: string) {}

  /** @throws CallerRefused `caller-refused` */
  public async check(jwt: string, keys: TrustedKeys, { caller, issuers, party }: ClaimDemands): Promise<UserClaim> {
    const refused = (reason: RefusalReason, user?: string) =>
      new CallerRefused('caller-refused', reason, { caller, user });
    const issuer = statedIssuer(jwt);
    if (issuer === undefined) throw refused('claim-malformed');
    const gateway = keys.gateways.get(issuer);
    if (gateway === undefined || !issuers.includes(issuer)) throw refused('claim-issuer');
    const demands = { issuer, audience: this.audience, algorithms: [USER_CLAIM_ALGORITHM], typ: USER_CLAIM_TYPE };
    const payload = await checkJwt(jwt, gateway, demands).catch((error: unknown) => {
      throw error instanceof JwtError ? refused(`claim-${error.fault}`, error.subject) : error;
    });
    const { data: claim } = userClaim.safeParse(payload);
    if (claim === undefined) throw refused('claim-malformed', payload.sub);
    if (claim.exp > Date.now() / 1000 + MAX_CLAIM_LIFETIME_S + CLOCK_TOLERANCE_S) {
      throw refused('claim-lifetime', claim.sub);
    }
    if (claim.azp !== party) throw refused('claim-party', claim.sub);
    return claim;
  }
}

/** Only says whose keys have to verify it. */
function statedIssuer(jwt: string): string | undefined {
  try {
    const { iss } = decodeJwt(jwt);
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    return undefined;
  }
}
