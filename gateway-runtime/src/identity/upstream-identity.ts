import {
  USER_CLAIM_HEADER,
  type GatewayDocument,
  type GatewayIdentity,
  type GatewayToolset,
  type ServiceToken,
} from 'agentyard/contract';
import type { ServiceTokens, UserClaimSigner } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import { SignedClaims } from './signed-claims.js';

/** Thrown when the gateway cannot show who it is. Nothing was sent. */
export class IdentityUnavailableError extends Error {
  public constructor(reason: string) {
    super(reason);
    this.name = 'IdentityUnavailableError';
  }
}

/** Who is called, and what a user claim for it says. */
export interface Callee {
  readonly serviceToken: ServiceToken;
  /** `aud`. */
  readonly audiences: readonly string[];
  /** `azp`. */
  readonly presenter: string;
  /** How long the call may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** How a gateway shows agents and toolsets that it calls, and for whom. */
export class UpstreamIdentity {
  private readonly claims: SignedClaims;

  public constructor(
    private readonly identity: GatewayIdentity,
    private readonly tokens: ServiceTokens,
    private readonly signer: UserClaimSigner,
  ) {
    this.claims = new SignedClaims(identity.issuer, signer);
  }

  /** Why it cannot, for readiness. */
  public unready({ agents, toolsets }: Pick<GatewayDocument, 'agents' | 'toolsets'>): string | undefined {
    return this.signer.unready() ?? this.tokens.unready([...agents, ...toolsets].map((each) => each.serviceToken));
  }

  /** Headers of a call for a user. The client's own credential is not among them. @throws IdentityUnavailableError */
  public async headersFor(callee: Callee, caller: Caller): Promise<Record<string, string>> {
    try {
      return {
        authorization: await this.tokens.bearer(callee.serviceToken),
        [USER_CLAIM_HEADER]: await this.claims.of(caller, callee),
      };
    } catch (error) {
      throw new IdentityUnavailableError((error as Error).message);
    }
  }

  /** An agent brings the claim that it is called with to its toolsets. */
  public agent(agent: GatewayDocument['agents'][number]): Callee {
    const { serviceToken, claimAudiences: audiences, subject: presenter, timeoutMs } = agent;
    return { serviceToken, audiences, presenter, timeoutMs };
  }

  /** A toolset that the gateway calls itself. */
  public toolset({ serviceToken, timeoutMs }: GatewayToolset): Callee {
    return { serviceToken, audiences: [serviceToken.audience], presenter: this.identity.subject, timeoutMs };
  }
}
