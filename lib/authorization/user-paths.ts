import { ANY_CALLER } from '../contract';
import type { Candidate, Hop } from './call-path';
import { bindingChecks } from './callee-checks';
import { fact, type Check } from './check';
import { clientOf } from './client';
import type { Agent, AgentBinding, Gateway, Program, Target } from './program';
import { wayTo, type WayToAgent } from './routes';
import { invocationChecks, toolChecks, type UserClaims } from './user-checks';

/** All ways on which users of a gateway of the program might come to a tool: directly, and through its agents. */
export function userCandidates(program: Program, gateway: Gateway, target: Target): Candidate[] {
  return [
    ...directCandidates(program, gateway, target),
    ...program.agentsWith(target).flatMap((agent) => agentCandidates(program, gateway, agent, target)),
  ];
}

/** One for each name under which the gateway offers the tool; a closed one if it does not. */
function directCandidates(program: Program, gateway: Gateway, target: Target): Candidate[] {
  const { toolset, tool } = target;
  const { issuer, subject: presenter } = gateway.document.identity;
  const offers = program.bindingsTo(gateway, target).flatMap((binding) => {
    return binding.tools.filter(({ name }) => name === tool).map(({ allowedRoles }) => ({ binding, allowedRoles }));
  });
  return (offers.length === 0 ? [undefined] : offers).map((offer): Candidate => {
    const audiences = offer === undefined ? [] : [offer.binding.serviceToken.audience];
    const claims = { gateway: gateway.title, issuer, audiences, presenter };
    return {
      gateway: gateway.name,
      hops: [gatewayHop(gateway), { kind: 'toolset', name: toolset.name }],
      checks: [
        credential(gateway),
        fact(offer !== undefined, `${gateway.title} does not serve ${tool} of ${toolset.title}`),
        {
          kind: 'roles',
          allowed: offer?.allowedRoles ?? [],
          because: (who) => `${gateway.title} shows ${tool} to ${who}`,
          missing: (demand) => `${gateway.title} serves ${tool}, but there the tool ${demand}`,
        },
        ...bindingChecks(program, gateway, offer?.binding, toolset),
        ...toolChecks(program, clientOf(gateway), claims, target),
      ],
    };
  });
}

/** One for each name under which the gateway knows the agent; a closed one if it does not. */
function agentCandidates(program: Program, gateway: Gateway, agent: Agent, target: Target): Candidate[] {
  const bindings = program.invocationsOf(gateway, agent);
  return (bindings.length === 0 ? [undefined] : bindings).flatMap((binding) => {
    const claims = claimsFor(gateway, binding);
    const checks = [
      ...gatewayChecks(gateway, binding, agent.title),
      ...bindingChecks(program, gateway, binding, agent),
      ...invocationChecks(program, clientOf(gateway), claims, agent),
    ];
    return onwardCandidates(program, agent, claims, target).map((onward): Candidate => ({
      gateway: gateway.name,
      hops: [gatewayHop(gateway), ...onward.hops],
      checks: [...checks, ...onward.checks],
    }));
  });
}

/** The ways from an agent that has a tool to the tool, for a user. */
export function onwardCandidates(program: Program, agent: Agent, claims: UserClaims, target: Target): Candidate[] {
  return program.bindingsTo(agent, target).map((binding) => ({
    hops: [
      { kind: 'agent', name: agent.name },
      { kind: 'toolset', name: target.toolset.name },
    ],
    checks: [
      ...bindingChecks(program, agent, binding, target.toolset),
      ...toolChecks(program, clientOf(agent), claims, target),
    ],
  }));
}

/** What a gateway checks before it invokes an agent for a user. @param title how answers call the agent */
export function gatewayChecks(gateway: Gateway, binding: AgentBinding | undefined, title: string): Check[] {
  const way = binding && wayTo(gateway.document, binding.name);
  return [
    credential(gateway),
    fact(
      way !== undefined,
      `${gateway.title} has no route to ${title}`,
      `${gateway.title} sends requests to ${title} by ${way?.by}`,
    ),
    ...routeRoles(gateway, way, title),
    {
      kind: 'roles',
      allowed: binding?.allowedRoles ?? [],
      because: (who) => `${gateway.title} lets ${who} invoke ${title}`,
      missing: (demand) => `${gateway.title} has a route to ${title}, but there the agent ${demand}`,
    },
  ];
}

/** Only where routes go by roles, there is something to tell. */
function routeRoles({ title }: Gateway, way: WayToAgent | undefined, agent: string): Check[] {
  if (way === undefined || way.callerRoles === ANY_CALLER) return [];
  return [
    {
      kind: 'roles',
      allowed: way.callerRoles,
      because: (who) => `${title} has a route to ${agent} for ${who}`,
      missing: (demand) => `${title} has a route to ${agent}, but it ${demand}`,
    },
  ];
}

/** The claims that a gateway makes for an agent. */
export function claimsFor({ title, document }: Gateway, binding: AgentBinding | undefined): UserClaims {
  const { issuer } = document.identity;
  return { gateway: title, issuer, audiences: binding?.claimAudiences ?? [], presenter: binding?.subject ?? '' };
}

export function gatewayHop({ name }: Gateway): Hop {
  return { kind: 'gateway', name };
}

/** That a gateway lets a user in. */
export function credential({ title, document }: Gateway): Check {
  return { kind: 'credential', gateway: title, auth: document.auth };
}
