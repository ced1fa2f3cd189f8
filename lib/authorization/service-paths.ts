import type { Candidate, Hop } from './call-path';
import { bindingChecks } from './callee-checks';
import { fact } from './check';
import { clientOf, strangers, type Client } from './client';
import { ownInvocationChecks, ownToolChecks } from './own-checks';
import type { Agent, Program, Target } from './program';
import { accountOf, serviceTitle } from './service-subject';

/** Whether a document names a service that calls a tool, or that has an agent call it; without that no way is open. */
export function isNamed(program: Program, subject: string, target: Target): boolean {
  const callees = [target.toolset, ...program.agentsWith(target)];
  return callees.some(({ document }) => {
    const callers: readonly { readonly subject: string }[] = document.identity.callers;
    return callers.some((caller) => caller.subject === subject);
  });
}

/** All ways on which a service might come to a tool for itself: directly, and through agents. */
export function serviceCandidates(program: Program, subject: string, target: Target): Candidate[] {
  const agents = program.agents.filter((agent) => agent.subject === subject);
  return [
    ...agents.flatMap((agent) => agentCandidates(program, agent, target)),
    ...strangers(program, serviceTitle(subject), subject).flatMap((client) => [
      directCandidate(program, client, target),
      ...program.agentsWith(target).flatMap((agent) => invocationCandidates(program, client, agent, target)),
    ]),
  ];
}

function directCandidate(program: Program, client: Client, target: Target): Candidate {
  return {
    hops: [hopOf(client), { kind: 'toolset', name: target.toolset.name }],
    checks: ownToolChecks(program, client, target),
  };
}

function invocationCandidates(program: Program, client: Client, agent: Agent, target: Target): Candidate[] {
  return agentCandidates(program, agent, target).map(({ hops, checks }) => ({
    hops: [hopOf(client), ...hops],
    checks: [...ownInvocationChecks(program, client, agent), ...checks],
  }));
}

/** An agent that acts for itself: one for each of its bindings that have the tool, a closed one if none has. */
function agentCandidates(program: Program, agent: Agent, target: Target): Candidate[] {
  const { toolset, tool } = target;
  const bindings = program.bindingsTo(agent, target);
  return (bindings.length === 0 ? [undefined] : bindings).map((binding) => ({
    hops: [
      { kind: 'agent', name: agent.name },
      { kind: 'toolset', name: toolset.name },
    ],
    checks: [
      fact(binding !== undefined, `${agent.title} has no tool ${tool} of ${toolset.title}`),
      ...bindingChecks(program, agent, binding, toolset),
      ...ownToolChecks(program, clientOf(agent), target),
    ],
  }));
}

function hopOf({ subject }: Client): Hop {
  const { namespace, serviceAccount } = accountOf(subject);
  return { kind: 'service', name: `${namespace}/${serviceAccount}` };
}
