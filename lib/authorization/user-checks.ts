import { callerNamed, connects, namesCaller } from './callee-checks';
import { fact, type Check } from './check';
import type { Client } from './client';
import type { Agent, Program, Target, Toolset } from './program';

/** The user claims that a client brings. Of a gateway that is not among the manifests, only the issuer is known. */
export interface UserClaims {
  /** How answers call the gateway that makes them. */
  readonly gateway: string;
  readonly issuer: string;
  /** `aud`; absent: it may be any. */
  readonly audiences?: readonly string[];
  /** `azp`; absent: it may be any. */
  readonly presenter?: string;
}

/** What an agent asks of whoever invokes it for a user. */
export function invocationChecks(program: Program, client: Client, claims: UserClaims, agent: Agent): Check[] {
  const { identity, allowedRoles } = agent.document;
  const entry = callerNamed(identity.callers, client);
  return [
    namesCaller(agent, entry, client),
    ...claimChecks(agent, entry?.claimIssuers, claims, identity.subject),
    {
      kind: 'roles',
      allowed: allowedRoles,
      because: (who) => `${agent.title} may be invoked by ${client.title} for ${who}`,
      missing: (demand) => `${client.title} may invoke ${agent.title}, but the agent ${demand}`,
    },
    connects(program, client, agent),
  ];
}

/** What a toolset asks of whoever calls one of its tools for a user. */
export function toolChecks(program: Program, client: Client, claims: UserClaims, { toolset, tool }: Target): Check[] {
  const { identity, tools } = toolset.document;
  const entry = callerNamed(identity.callers, client);
  return [
    namesCaller(toolset, entry, client),
    ...claimChecks(toolset, entry?.claimIssuers, claims, client.subject),
    fact(
      entry?.tools.includes(tool) === true,
      `${toolset.title} does not let ${client.title} call ${tool} for users`,
      `${toolset.title} lets ${client.title} call ${tool} for users`,
    ),
    {
      kind: 'roles',
      allowed: tools.find(({ name }) => name === tool)?.allowedRoles ?? [],
      because: (who) => `${toolset.title} runs ${tool} for ${who}`,
      missing: (demand) => `${client.title} may call ${tool} for users, but the tool ${demand}`,
    },
    connects(program, client, toolset),
  ];
}

/**
 * What a callee asks of a user claim.
 *
 * @param issuers gateways whose claims the client may bring
 * @param presenter `azp` that it asks for
 */
function claimChecks(
  { title, document }: Agent | Toolset,
  issuers: readonly string[] = [],
  claims: UserClaims,
  presenter: string,
): Check[] {
  const { audience } = document.identity;
  const { gateway, issuer, audiences = [audience], presenter: stated = presenter } = claims;
  return [
    fact(issuers.includes(issuer), `${title} takes no users of ${gateway} (${issuer}) from who calls it`),
    fact(
      stated === presenter,
      `users of ${gateway} come to ${title} from ${stated}, which takes them from ${presenter}`,
    ),
    fact(audiences.includes(audience), `users of ${gateway} are not meant for ${title}, ${audience}`),
  ];
}
