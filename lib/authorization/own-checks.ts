import { callerNamed, connects, namesCaller } from './callee-checks';
import { fact, type Check } from './check';
import type { Client } from './client';
import type { Agent, Program, Target } from './program';

/** What an agent asks of whoever invokes it for no user. */
export function ownInvocationChecks(program: Program, client: Client, agent: Agent): Check[] {
  const entry = callerNamed(agent.document.identity.callers, client);
  return [
    namesCaller(agent, entry, client),
    fact(
      entry?.withoutUser === true,
      `${agent.title} may be invoked by ${client.title} for users, not for none`,
      `${agent.title} may be invoked by ${client.title} for no user`,
    ),
    connects(program, client, agent),
  ];
}

/** What a toolset asks of whoever calls one of its tools for itself. */
export function ownToolChecks(program: Program, client: Client, { toolset, tool }: Target): Check[] {
  const entry = callerNamed(toolset.document.identity.callers, client);
  const isForUsers = entry?.tools.includes(tool) === true;
  return [
    namesCaller(toolset, entry, client),
    fact(
      entry?.ownTools.includes(tool) === true,
      isForUsers
        ? `${toolset.title} lets ${client.title} call ${tool} for users, not for itself`
        : `${toolset.title} does not let ${client.title} call ${tool} for itself`,
      `${toolset.title} lets ${client.title} call ${tool} for itself`,
    ),
    connects(program, client, toolset),
  ];
}
