import {
  USER_CLAIM_HEADER,
  type GatewayDocument,
  type GatewayIdentity,
  type GatewayToolset,
  type ServiceToken,
} from 'agentyard/contract';
import type { ServiceTokens, UserClaimSigner } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';

/** How much longer than the call a user claim lives, in milliseconds: clocks differ, and requests travel. */
const CLAIM_MARGIN_MS = 30_000;

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

/** For whom a call is. */
export interface OnBehalf {
  readonly caller: Caller;
  readonly requestId: string;
}

/** How a gateway shows agents and toolsets that it calls, and for whom. */
export class UpstreamIdentity {
  public constructor(
    private readonly identity: GatewayIdentity,
    private readonly tokens: ServiceTokens,
    private readonly signer: UserClaimSigner,
  ) {}

  /** Why it cannot, for readiness. */
  public unready({ agents, toolsets }: Pick<GatewayDocument, 'agents' | 'toolsets'>): string | undefined {
    return this.signer.unready() ?? this.tokens.unready([...agents, ...toolsets].map((each) => each.serviceToken));
  }

  /** Headers of a call. The client's own credential is not among them. @throws IdentityUnavailableError */
  public async headersFor(callee: Callee, { caller, requestId }: OnBehalf): Promise<Record<string, string>> {
    const claims = {
      iss: this.identity.issuer,
      sub: caller.user,
      ...(caller.issuer !== undefined && { idp: caller.issuer }),
      roles: [...caller.roles],
      aud: [...callee.audiences],
      azp: callee.presenter,
      jti: requestId,
    };
    try {
      return {
        authorization: await this.tokens.bearer(callee.serviceToken),
        [USER_CLAIM_HEADER]: await this.signer.sign(claims, callee.timeoutMs + CLAIM_MARGIN_MS),
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
