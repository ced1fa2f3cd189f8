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

type IdentityHeaders = Record<string, string>;

/** How long a token is shown before its file is looked at again, in milliseconds: the kubelet renews it long before it expires. */
const LOOK_MS = 100;

interface ShownToken {
  readonly bearer: string;
  readonly until: number;
}

/** How a gateway shows agents and toolsets that it calls, and for whom. */
export class UpstreamIdentity {
  private readonly claims: SignedClaims;
  /** Those who are called; each stays the same, so that what is known of it is found by it. */
  private readonly callees = new WeakMap<object, Callee>();
  private readonly bearers = new WeakMap<Callee, ShownToken>();

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

  /**
   * Headers of a call for a user, at once if nothing has to be signed. The client's own credential is not among them.
   *
   * @throws IdentityUnavailableError
   */
  public headersFor(callee: Callee, caller: Caller): IdentityHeaders | Promise<IdentityHeaders> {
    try {
      const authorization = this.bearerFor(callee);
      const claim = this.claims.of(caller, callee);
      if (typeof claim === 'string') return { authorization, [USER_CLAIM_HEADER]: claim };
      return claim.then((jwt) => ({ authorization, [USER_CLAIM_HEADER]: jwt }), unavailable);
    } catch (error) {
      return unavailable(error);
    }
  }

  /** An agent brings the claim that it is called with to its toolsets. */
  public agent(agent: GatewayDocument['agents'][number]): Callee {
    return this.calleeOf(agent, () => {
      const { serviceToken, claimAudiences: audiences, subject: presenter, timeoutMs } = agent;
      return { serviceToken, audiences, presenter, timeoutMs };
    });
  }

  /** An agent that has nothing to do for the user at its toolsets. */
  public agentAlone(agent: GatewayDocument['agents'][number]): Callee {
    // The token names the agent.
    return this.calleeOf(agent.serviceToken, () => {
      const { serviceToken, subject: presenter, timeoutMs } = agent;
      return { serviceToken, audiences: [serviceToken.audience], presenter, timeoutMs };
    });
  }

  /** A toolset that the gateway calls itself. */
  public toolset(toolset: GatewayToolset): Callee {
    return this.calleeOf(toolset, () => {
      const { serviceToken, timeoutMs } = toolset;
      return { serviceToken, audiences: [serviceToken.audience], presenter: this.identity.subject, timeoutMs };
    });
  }

  private calleeOf(of: object, make: () => Callee): Callee {
    let callee = this.callees.get(of);
    if (callee === undefined) this.callees.set(of, (callee = make()));
    return callee;
  }

  private bearerFor(callee: Callee): string {
    const now = performance.now();
    const known = this.bearers.get(callee);
    if (known !== undefined && now < known.until) return known.bearer;
    const bearer = this.tokens.bearerNow(callee.serviceToken);
    this.bearers.set(callee, { bearer, until: now + LOOK_MS });
    return bearer;
  }
}

function unavailable(error: unknown): never {
  throw new IdentityUnavailableError((error as Error).message);
}
