import type { IncomingMessage } from 'node:http';
import { auditRefusal, CallerCheck, CallerRefused, type RequestContext, type TrustStore } from '@agentyard/runtime-kit';
import { admits, USER_CLAIM_HEADER, type AgentDocument, type UserClaim } from 'agentyard/contract';

/** Who invokes the agent. */
export interface Invoker {
  /** The user claim as it came, which alone shows toolsets for whom the agent calls; absent for a request without a user. */
  readonly userClaim: string | undefined;
  /** The user of that claim. */
  readonly user: UserClaim | undefined;
  /** Whose requests it makes: the same for each request of one user, or of one service that calls for none. */
  readonly owner: string;
  /** The same for people: the user, or the service. */
  readonly ownerName: string;
  /** Whether it calls for users of its own. */
  readonly isGateway: boolean;
}

/** Lets in who may invoke the agent: callers that its document names, for users whose roles it allows. */
export class InvokerCheck {
  private readonly callers: CallerCheck<AgentDocument['identity']['callers'][number]>;

  public constructor(
    trust: TrustStore,
    private readonly document: Pick<AgentDocument, 'identity' | 'allowedRoles'>,
  ) {
    this.callers = new CallerCheck(trust, document.identity);
  }

  /**
   * Checks a request before its body is read, and notes caller and user on its line.
   *
   * @throws CallerRefused
   */
  public admit({ headers }: IncomingMessage, context: Pick<RequestContext, 'annotate'>): Promise<Invoker> {
    return auditRefusal(context, async () => {
      const { caller, user } = await this.callers.check(headers);
      const known = { caller: caller.name, user: user?.sub };
      if (user === undefined && !caller.withoutUser) throw new CallerRefused('caller-refused', 'no-user', known);
      if (user !== undefined && !admits(this.document.allowedRoles, user.roles)) {
        throw new CallerRefused('role-missing', 'role-missing', known);
      }
      const owner = JSON.stringify(user === undefined ? ['service', caller.name] : ['user', user.idp ?? '', user.sub]);
      context.annotate(known);
      const claim = headers[USER_CLAIM_HEADER];
      return {
        userClaim: claim === undefined ? undefined : String(claim),
        user,
        owner,
        ownerName: user?.sub ?? caller.name,
        isGateway: caller.claimIssuers.length > 0,
      };
    });
  }
}
