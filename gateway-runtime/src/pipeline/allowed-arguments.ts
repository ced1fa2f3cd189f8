import { unmetPlaces, unmetText, type UnmetRule } from 'agentyard/contract';
import { HttpProblem } from '@agentyard/runtime-kit';
import type { Backend } from '../routing/route-table.js';
import type { AgentCall } from './forward.js';

/** Reason of audit lines when no role of the user allows the arguments. */
export const ARGUMENTS_REFUSED = 'arguments-refused';

/**
 * The backends of a call that may be given what it gives: the others do not count for it.
 *
 * @throws HttpProblem `arguments-refused` when none is left
 */
export function allowedArguments(call: AgentCall): readonly Backend[] {
  return call.isAboutWork !== true && haveRules(call) ? judged(call) : call.backends;
}

function haveRules({ backends, agents }: AgentCall): boolean {
  for (const { agent } of backends) if (agents.get(agent)?.rules !== undefined) return true;
  return false;
}

function judged(call: AgentCall): readonly Backend[] {
  const { backends, agents, caller, context } = call;
  const { task } = call;
  const user = { sub: caller.user, roles: caller.roles };
  const unmet: UnmetRule[] = [];
  const allowed = backends.filter(({ agent: tool }) => {
    const missed = agents.get(tool)?.rules?.unmetBy(task, { user, tool }) ?? [];
    unmet.push(...missed);
    return missed.length === 0;
  });
  if (allowed.length > 0) return allowed;
  const [first] = backends;
  context.audit.note({ agent: first?.agent, rule: unmetPlaces(unmet) });
  context.audit.deny(ARGUMENTS_REFUSED);
  throw new HttpProblem(ARGUMENTS_REFUSED, unmetText(unmet));
}
